"""Writers that race, writers that die, readers in between."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from ticklake_assets.storage.gold.orphans import remove_orphans
from ticklake_assets_tests.stack.gold.engines import Engines, Rows, open_gold
from ticklake_assets_tests.storage.gold.builders import MONDAY, RUN, days_from, make_bars

pytestmark = pytest.mark.stack
TUESDAY = MONDAY.shifted(1)


@contextmanager
def writing(engines: Engines, first: int, pause_s: float = 0.0) -> Iterator[subprocess.Popen[str]]:
    """A process that replaces Monday without an end, after its first commit; killed at the end of the block."""
    program = [sys.executable, "-m", "ticklake_assets_tests.stack.gold.writer"]
    site = [str(engines.site.folder), str(engines.site.cache)]
    with subprocess.Popen(
        [*program, *site, MONDAY.symbol, str(first), str(pause_s)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == str(first)
        try:
            yield process
        finally:
            process.kill()


def whole(rows: Rows) -> int:
    """How many rows a commit of `writer.py` wrote; a mixture of two fails."""
    counts = {row[-1] for row in rows}
    assert counts == {len(rows)}, f"{len(rows)} rows of the commits {counts}"
    return len(rows)


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.15, 0.3])
def test_a_writer_killed_half_way_leaves_one_whole_commit(engines: Engines, after_s: float) -> None:
    with writing(engines, first=10) as process:
        time.sleep(after_s)
        process.kill()
        process.wait()
    assert whole(engines.agree([MONDAY])) >= 10
    engines.gold.replace("bars", [MONDAY], make_bars(MONDAY, 7, 7), RUN)
    assert whole(engines.agree([MONDAY])) == 7
    remove_orphans(engines.gold.table("bars"), datetime.now(UTC) + timedelta(hours=1))
    assert whole(engines.agree([MONDAY])) == 7


def test_two_writers_of_one_day_and_one_is_killed(engines: Engines) -> None:
    with writing(engines, 10, pause_s=0.5), writing(engines, 500, pause_s=0.5) as killed:
        for rows in range(200, 206):
            if rows == 203:
                killed.kill()
            engines.gold.replace("bars", [MONDAY], make_bars(MONDAY, rows, rows), RUN)
            assert whole(engines.by_pyiceberg([MONDAY])) > 0
    engines.gold.replace("bars", [MONDAY], make_bars(MONDAY, 3, 3), RUN)
    assert whole(engines.agree([MONDAY])) == 3


def test_writers_of_other_days_lose_nothing(engines: Engines) -> None:
    """PyIceberg's among themselves, and Trino's and Spark's beside them."""
    days = days_from(MONDAY, 6)
    engines.gold.replace("bars", days[:1], make_bars(MONDAY, 1, 1), RUN)

    def by_pyiceberg(at: int) -> None:
        with open_gold(engines.site) as gold:
            gold.replace("bars", [days[at]], make_bars(days[at], at + 1, at + 1), RUN)

    def by_sql(ask: Callable[[str], object], table: str, at: int) -> None:
        """Monday's row again, some days later."""
        columns = [
            field.name for field in engines.gold.table("bars").schema().fields if field.name != "trading_day"
        ]
        listed = ", ".join(columns)
        ask(
            f"INSERT INTO {table} (trading_day, {listed}) "
            f"SELECT DATE '{days[at].trading_day}', {listed} FROM {table} "
            f"WHERE trading_day = DATE '{MONDAY.trading_day}'"
        )

    with ThreadPoolExecutor(5) as pool:
        made = [pool.submit(by_pyiceberg, at) for at in (1, 2, 3)]
        made.append(pool.submit(by_sql, engines.trino.query, "gold.bars", 4))
        made.append(pool.submit(by_sql, engines.ask_spark, "lake.gold.bars", 5))
        for each in made:
            each.result()
    assert [len(engines.agree([day])) for day in days] == [1, 2, 3, 4, 1, 1]


def test_readers_see_whole_commits_while_a_day_is_replaced(engines: Engines) -> None:
    readers = (engines.by_pyiceberg, engines.by_trino, engines.by_spark)
    with writing(engines, first=10):
        seen = [[whole(reader([MONDAY])) for reader in readers] for _ in range(12)]
    for by_one in zip(*seen, strict=True):
        assert list(by_one) == sorted(by_one), "a reader went back in time"
        assert len(set(by_one)) > 1, "nothing was replaced while this reader read"


def test_a_reader_keeps_the_snapshot_that_it_began_with(engines: Engines) -> None:
    engines.gold.replace("bars", [MONDAY, TUESDAY], make_bars(MONDAY, 5, 5), RUN)
    begun = engines.gold.table("bars").scan()
    batches = begun.to_arrow_batch_reader()
    engines.gold.replace("bars", [MONDAY], make_bars(MONDAY, 9, 9), RUN)
    assert pa.Table.from_batches(batches).num_rows == 5
    assert begun.to_arrow().num_rows == 5
    assert whole(engines.agree([MONDAY])) == 9
