"""Cleaning a month in one job: our Spark beside the same job written plainly and beside the Polars oracle.

All read the same Parquet days and write the same partitioned Parquet, each in a process of its own, in turns.
Their rows must be equal before anything is reported. `python -m bench.clean --ticks DIR --symbol GBPJPY` takes a
folder of real ticks in place of 31 synthetic days of 40,000 ticks.
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
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from bench.clean_plain import clean_and_quarantine
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.source import TickSource
from ticklake_assets.sources.synthetic import Market, SyntheticSource
from ticklake_assets.spark.clean import DAY, classify, clean_rows, quarantine_rows
from ticklake_assets.spark.configuration import spark_conf
from ticklake_assets.spark.java import find_java
from ticklake_assets_tests.oracles.clean_polars import clean_by_polars

OURS, PLAIN, POLARS = "Spark, ticklake", "Spark, plainly", "Polars oracle"
Job = Callable[[str, Path], None]


def run(ticks: Path | None = None, symbol: str = "GBPJPY", rounds: int = 4) -> list[dict[str, object]]:
    """Seconds and rows a second of each side: its first job in a fresh process, and the median of later ones."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as processes:
        folder = Path(name)
        rows = _write_days(folder / "ticks", *_source(ticks, symbol))
        sides = [Side(side, folder, processes) for side in (OURS, PLAIN, POLARS)]
        cold = [side.run() for side in sides]
        _require_equal(folder)
        warm = [[side.run() for side in sides] for _ in range(rounds)]
    return [
        {
            "what": f"clean {rows} rows: {side.name}",
            "start, s": round(side.start_s, 1),
            "first job, s": round(cold_s, 1),
            "warm job, s": round(statistics.median(warm_s), 2),
            "warm rows/s": round(rows / statistics.median(warm_s)),
        }
        for side, cold_s, warm_s in zip(sides, cold, zip(*warm, strict=True), strict=True)
    ]


class Side:
    """A process that does one side's job whenever it is told to."""

    def __init__(self, name: str, folder: Path, processes: ExitStack) -> None:
        self.name = name
        command = [sys.executable, "-m", "bench.clean", "--side", name, "--folder", str(folder)]
        self._process = processes.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        processes.callback(self._process.kill)
        self.start_s = self._answer()

    def run(self) -> float:
        """Seconds of one job."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> float:
        assert self._process.stdout is not None
        return float(self._process.stdout.readline())


def serve(side: str, folder: Path) -> None:
    """Tell how long starting took, then do the job once a line of input, telling how long that took."""
    started = time.perf_counter()
    job = _polars() if side == POLARS else _spark(ours=side == OURS)
    print(time.perf_counter() - started, flush=True)
    for _ in sys.stdin:
        shutil.rmtree(folder / side, ignore_errors=True)
        started = time.perf_counter()
        job(str(folder / "ticks"), folder / side)
        print(time.perf_counter() - started, flush=True)


def _spark(*, ours: bool) -> Job:
    os.environ["JAVA_HOME"] = str(find_java())
    cores = os.cpu_count() or 1
    builder = SparkSession.builder
    for key, value in spark_conf("local[*]", "2g", cores).items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()

    def job(source: str, out: Path) -> None:
        ticks = session.read.parquet(source)
        if ours:
            classified = classify(ticks)
            kept, refused = clean_rows(classified), quarantine_rows(classified)
        else:
            kept, refused = clean_and_quarantine(ticks)
        for frame, name in ((kept, "clean"), (refused, "quarantine")):
            frame.write.partitionBy(*DAY).option("compression", "zstd").parquet(str(out / name))
        session.catalog.clearCache()

    return job


def _polars() -> Job:
    def job(source: str, out: Path) -> None:
        cleaned = clean_by_polars(pl.read_parquet(f"{source}/*/*/*.parquet", hive_partitioning=True))
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


def _require_equal(folder: Path) -> None:
    for table in ("clean", "quarantine"):
        ours, *others = (
            pl.read_parquet(folder / side / table / "*/*/*.parquet", hive_partitioning=True).sort(
                *DAY, "source_row"
            )
            for side in (OURS, PLAIN, POLARS)
        )
        assert ours.height > 0
        assert all(ours.equals(other) for other in others), f"{table}: the sides must give the same rows"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ticks", type=Path, help="folder of real ticks")
    parser.add_argument("--symbol", default="GBPJPY")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        serve(arguments.side, arguments.folder)
    else:
        for row in run(arguments.ticks, arguments.symbol):
            print("  ".join(f"{key}: {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
