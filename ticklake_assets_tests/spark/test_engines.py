"""The same cleaning through a Connect server and a cluster of two workers, to which the session brings the package."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ticklake_assets.core.schemas import TICKS, names
from ticklake_assets.storage.partitions.parquet_files import parquet_bytes
from ticklake_assets_tests.core.dirty_days import ticks_table, with_day
from ticklake_assets_tests.oracles.clean_polars import clean_by_polars
from ticklake_assets_tests.spark.same_rows import assert_same_rows
from ticklake_assets_tests.spark.servers import cluster, connect_server
from ticklake_assets_tests.storage.partitions.test_day_cleaning import (
    MARKET,
    MARKET_DAYS,
    generated_days,
    named,
)

SCRIPT = """
import sys
from functools import partial
from hashlib import sha256
from pathlib import Path
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.resources.spark import spark_resource
from ticklake_assets.settings import Settings
from ticklake_assets.spark.tasks import on_workers
from ticklake_assets.storage.partitions.day_cleaning import LakePlace, Work, clean_day

folder, master = Path(sys.argv[1]), sys.argv[2]

def tell(at):
    import os
    from ticklake_assets.storage.partitions import day_cleaning
    (folder / f"worker-{os.getpid()}").write_text(day_cleaning.__file__)

works = []
for path in sorted(folder.glob("ticks/*")):
    files = ((f"ticks/{path.name}", sha256(path.read_bytes()).hexdigest()),)
    works.append(Work(SymbolDay.parse(path.name), files, f"clean/{path.name}", f"quarantine/{path.name}"))
with spark_resource(Settings(spark_master=master)).session() as session:
    on_workers(session, partial(clean_day, LakePlace(folder.as_uri())), works)
    on_workers(session, tell, range(8))
"""


@pytest.mark.slow
@pytest.mark.parametrize("server", [connect_server, cluster])
def test_a_server_gives_the_rows_of_the_oracle(
    server: Callable[[Path], AbstractContextManager[str]], tmp_path: Path
) -> None:
    days = {day: ticks_table({day: rows}) for day, rows in generated_days(20).items() if rows}
    days |= {day: with_day(day, MARKET.fetch_day(day)) for day in MARKET_DAYS}
    lake = tmp_path / "lake"
    (lake / "ticks").mkdir(parents=True)
    for day, ticks in days.items():
        (lake / "ticks" / day.key).write_bytes(parquet_bytes(ticks.select(names(TICKS))))
    with server(tmp_path) as master:
        answer = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(lake), master],
            env={name: value for name, value in os.environ.items() if name != "SPARK_REMOTE"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert answer.returncode == 0, answer.stderr[-2_000:]
    expected = clean_by_polars(pl.DataFrame(pa.concat_tables(days.values())))
    for folder, rows in (("clean", expected.clean), ("quarantine", expected.quarantine)):
        found = [
            named(day, pq.read_table(lake / folder / day.key))
            for day in days
            if (lake / folder / day.key).exists()
        ]
        assert_same_rows(pa.concat_tables(found), rows)
    workers = [path.read_text() for path in lake.glob("worker-*")]
    assert workers
    assert all(".zip/ticklake_assets/" in worker for worker in workers), "the package came with the session"
