"""Cleaning a month in one job: our tasks in Spark beside the same without Spark and beside the Polars oracle.

All read the same Parquet days and write the same partitioned Parquet, each in a process of its own, in turns.
Their rows must be equal before anything is reported. `python -m bench.clean --ticks DIR --symbol GBPJPY` takes a
folder of real ticks in place of 31 synthetic days of 40,000 ticks; `--beside CHECKOUT` takes turns with the Spark of
another checkout, such as an older one's.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.source import TickSource
from ticklake_assets.sources.synthetic import Market, SyntheticSource
from ticklake_assets.spark.configuration import prepare_process, spark_conf
from ticklake_assets.spark.tasks import on_workers
from ticklake_assets.storage.partitions.day_cleaning import LakePlace, Work, clean_day
from ticklake_assets_tests.oracles.clean_polars import clean_by_polars

OURS, ALONE, POLARS = "Spark, ticklake", "one process, ticklake", "Polars oracle"
BESIDE = "Spark, the other checkout"
DAY = ["symbol", "trading_day"]
Job = Callable[[], None]


def run(
    ticks: Path | None = None, symbol: str = "GBPJPY", rounds: int = 4, beside: Path | None = None
) -> list[dict[str, object]]:
    """Each side's first job in a fresh process, and the median of later ones, by the clock and in CPU seconds."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as processes:
        folder = Path(name)
        rows = _write_days(folder / "ticks", *_source(ticks, symbol))
        if beside is None:
            sides = [Side(side, folder, processes) for side in (OURS, ALONE, POLARS)]
        else:
            sides = [Side(OURS, folder, processes), Side(BESIDE, folder, processes, beside.absolute())]
        cold = [side.run() for side in sides]
        _require_equal([side.out for side in sides])
        warm = [[side.run() for side in sides] for _ in range(rounds)]
    return [
        {
            "what": f"clean {rows} rows: {side.name}",
            "start, s": round(side.start_s, 1),
            "first job, s": round(first.seconds, 1),
            "warm job, s": round(statistics.median(cost.seconds for cost in later), 2),
            "warm rows/s": round(rows / statistics.median(cost.seconds for cost in later)),
            "first job, CPU s": round(first.cpu_s, 1),
            "warm job, CPU s": round(statistics.median(cost.cpu_s for cost in later), 2),
        }
        for side, first, later in zip(sides, cold, zip(*warm, strict=True), strict=True)
    ]


class Cost(NamedTuple):
    seconds: float
    cpu_s: float
    """Of the side's processes, Java and Python alike: what a busy machine leaves as it is."""


class Side:
    """A process that does one side's job whenever it is told to."""

    def __init__(self, name: str, folder: Path, processes: ExitStack, checkout: Path | None = None) -> None:
        self.name = name
        where: dict[str, Any] = {}
        side = name
        if checkout is not None:  # a folder of its own, where it may call itself as we do
            where, side = {"cwd": checkout, "env": {**os.environ, "PYTHONPATH": str(checkout)}}, OURS
            own = folder / "other"
            own.mkdir()
            (own / "ticks").symlink_to(folder / "ticks")
            folder = own
        self.out = folder / side
        command = [sys.executable, "-m", "bench.clean", "--side", side, "--folder", str(folder)]
        self._process = processes.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **where)
        )
        processes.callback(self._process.kill)
        self.start_s = self._answer()

    def run(self) -> Cost:
        """What one job costs."""
        assert self._process.stdin is not None
        before = self._cpu_s()
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        seconds = self._answer()
        return Cost(seconds, self._cpu_s() - before)

    def _cpu_s(self) -> float:
        own = psutil.Process(self._process.pid)
        return sum(sum(process.cpu_times()[:4]) for process in (own, *own.children(recursive=True)))

    def _answer(self) -> float:
        assert self._process.stdout is not None
        return float(self._process.stdout.readline())


def serve(side: str, folder: Path) -> None:
    """Tell how long starting took, then do the job once a line of input, telling how long that took."""
    started = time.perf_counter()
    out = folder / side
    job = _polars(folder, out) if side == POLARS else _ticklake(folder, out, with_spark=side == OURS)
    print(time.perf_counter() - started, flush=True)
    for _ in sys.stdin:
        shutil.rmtree(out, ignore_errors=True)
        started = time.perf_counter()
        job()
        print(time.perf_counter() - started, flush=True)


def _ticklake(folder: Path, out: Path, *, with_spark: bool) -> Job:
    works = [_work(folder, out, path) for path in sorted(folder.glob("ticks/*/*/*.parquet"))]
    clean = partial(clean_day, LakePlace(folder.as_uri()))
    if not with_spark:

        def alone() -> None:
            for work in works:
                clean(work)

        return alone
    prepare_process()
    builder = SparkSession.builder
    for key, value in spark_conf("local[*]", "2g", os.cpu_count() or 1).items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    return lambda: on_workers(session, clean, works)


def _work(folder: Path, out: Path, path: Path) -> Work:
    symbol, day = (part.partition("=")[2] for part in path.parts[-3:-1])
    files = ((str(path.relative_to(folder)), sha256(path.read_bytes()).hexdigest()),)
    place = f"symbol={symbol}/trading_day={day}/part-0.parquet"
    clean, quarantine = (f"{out.name}/{table}/{place}" for table in ("clean", "quarantine"))
    return Work(SymbolDay.parse(f"{symbol}|{day}"), files, clean, quarantine)


def _polars(folder: Path, out: Path) -> Job:
    def job() -> None:
        cleaned = clean_by_polars(pl.read_parquet(folder / "ticks/*/*/*.parquet", hive_partitioning=True))
        for frame, name in zip(cleaned, ("clean", "quarantine"), strict=True):
            for (symbol, day), rows in frame.partition_by(DAY, as_dict=True, include_key=False).items():
                place = out / name / f"symbol={symbol}" / f"trading_day={day}"
                place.mkdir(parents=True)
                rows.write_parquet(place / "part-0.parquet", compression="zstd")

    return job


def _source(ticks: Path | None, symbol: str) -> tuple[TickSource, list[SymbolDay]]:
    """Where the days come from, and which."""
    if ticks is None:
        market = SyntheticSource(seed=1, strength=1.0, dirty=True, market=Market(ticks_a_day=40_000))
        return market, [SymbolDay("SYNEUR", date(2024, 1, day)) for day in range(1, 32)]
    source = FolderSource(ticks)
    first, last = source.coverage(symbol)
    return source, [SymbolDay(symbol, first).shifted(offset) for offset in range((last - first).days + 1)]


def _write_days(folder: Path, source: TickSource, days: list[SymbolDay]) -> int:
    """Write `parquet/ticks` as the lake holds it; return the number of rows."""
    rows = 0
    for day in days:
        ticks = source.fetch_day(day)
        place = folder / f"symbol={day.symbol}" / f"trading_day={day.trading_day}"
        place.mkdir(parents=True)
        numbers = pa.array(np.arange(1, ticks.num_rows + 1))
        pq.write_table(
            ticks.add_column(0, "source_row", numbers), place / "ticks.parquet", compression="zstd"
        )
        rows += ticks.num_rows
    return rows


def _require_equal(outs: list[Path]) -> None:
    for table in ("clean", "quarantine"):
        ours, *others = (
            pl.read_parquet(out / table / "*/*/*.parquet", hive_partitioning=True).sort(*DAY, "source_row")
            for out in outs
        )
        assert ours.height > 0
        assert all(ours.equals(other) for other in others), f"{table}: the sides must give the same rows"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ticks", type=Path, help="folder of real ticks")
    parser.add_argument("--symbol", default="GBPJPY")
    parser.add_argument("--beside", type=Path, help="another checkout of this project to take turns with")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        serve(arguments.side, arguments.folder)
    else:
        for row in run(arguments.ticks, arguments.symbol, beside=arguments.beside):
            print("  ".join(f"{key}: {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
