"""Raw CSV to Parquet: the whole of ours beside the bare tools, in turns on the same file.

Ours reads the object, hashes and seals it, reads it again for the typed layer, verifies the hash, holds rows
against lines, numbers the rows, checks the day, encodes, writes and publishes a manifest. The others are one call:
read the CSV, write zstd Parquet. Every method's rows are counted before anything is timed.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from ticklake_assets.core.schemas import CSV_HEADER
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.resources.expectations import Expectations

DAY = SymbolDay("GBPJPY", date(2012, 12, 3))
Method = Callable[[Path, Path], Path]
"""Takes the CSV and an empty folder, returns the Parquet file."""


def ticklake(source: Path, folder: Path, *, audit: bool = False) -> Path:
    from ticklake_assets.core.day_files import raw_key
    from ticklake_assets.storage.objects.opening import open_store
    from ticklake_assets.storage.partitions.csv_ingest import ingest
    from ticklake_assets.storage.partitions.store import PartitionStore
    from ticklake_assets.storage.raw.sealed_bytes import reading
    from ticklake_assets.storage.raw.seals import seal_day

    store = open_store(folder.as_uri())
    raw = Path(store.uri(raw_key(DAY)))
    raw.parent.mkdir(parents=True)
    raw.hardlink_to(
        source
    )  # the object lies in the lake already, as the file lies on the disk for the others
    seal = seal_day(store, DAY)
    with reading(store, seal) as sealed:
        ingested = ingest(sealed.data, DAY, sealed.key, seal.rows)
        if audit:
            _require(ingested.table, seal.rows)
        manifest = PartitionStore(store, "parquet").publish_table(DAY, ingested, sealed, "bench")
    return Path(store.uri(manifest.files[0].key))


def audited(source: Path, folder: Path) -> Path:
    return ticklake(source, folder, audit=True)


@cache
def _expectations() -> Expectations:
    return Expectations()


def _require(table: pa.Table, lines: int) -> None:
    """What the asset runs before it publishes: the Great Expectations suite of the layer."""
    from ticklake_assets.defs.parquet.checks import SUITE, in_numbers

    assert all(finding.passed for finding in _expectations().test(SUITE, in_numbers(table, lines)))


def duckdb(source: Path, folder: Path) -> Path:
    import duckdb as engine

    target = folder / "x.parquet"
    with engine.connect() as connection:
        connection.execute(f"COPY (FROM read_csv('{source}')) TO '{target}' (COMPRESSION zstd)")
    return target


def polars(source: Path, folder: Path) -> Path:
    import polars as pl

    target = folder / "x.parquet"
    pl.scan_csv(source, try_parse_dates=True).sink_parquet(target, compression="zstd")
    return target


def pyarrow(source: Path, folder: Path) -> Path:
    from pyarrow import csv, parquet

    target = folder / "x.parquet"
    parquet.write_table(csv.read_csv(source), target, compression="zstd")
    return target


METHODS: dict[str, Method] = {
    "ticklake: sealed, accounted, checked": ticklake,
    "the same with its Great Expectations suite": audited,
    "bare DuckDB COPY": duckdb,
    "bare Polars": polars,
    "bare pyarrow": pyarrow,
}


def run(rounds: int = 9) -> list[dict[str, object]]:
    """A day as large as the largest, 20 MB, and one four times that."""
    return [line for rows in (400_000, 1_500_000) for line in compare(rows, rounds)]


def compare(rows: int, rounds: int, real: Path | None = None) -> list[dict[str, object]]:
    """Rows a second (median round), speed relative to DuckDB (median of paired rounds), output and memory.

    `real` is a raw CSV of `DAY` to use instead of a synthetic one.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "raw.csv")
        source.write_bytes(real.read_bytes() if real else synthetic(rows))
        lines = source.read_bytes().count(b"\n") - 1
        sizes = {name: _checked_size(method, source, lines) for name, method in METHODS.items()}
        seconds: dict[str, list[float]] = {name: [] for name in METHODS}
        for turn in range(rounds):
            names = list(METHODS)
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                seconds[name].append(_timed(METHODS[name], source))
        beside = seconds["bare DuckDB COPY"]
        return [
            {
                "what": name,
                "rows": lines,
                "M rows/s": round(lines / statistics.median(taken) / 1e6, 2),
                "of DuckDB": round(statistics.median(b / t for b, t in zip(beside, taken, strict=True)), 2),
                "CSV MB": round(source.stat().st_size / 1e6, 1),
                "Parquet MB": round(sizes[name] / 1e6, 1),
                "peak MB": _peak_mb(METHODS[name].__name__, source),
            }
            for name, taken in seconds.items()
        ]


def synthetic(rows: int) -> bytes:
    """A day of quotes in the raw layout: rising milliseconds, a random walk in points, sizes of two decimals."""
    random = np.random.default_rng(1)
    millis = np.sort(random.integers(0, 86_400_000, rows)).astype("timedelta64[ms]")
    times = np.datetime_as_string(np.datetime64(DAY.trading_day, "ms") + millis, unit="ms").tolist()
    bids = (130_000 + np.cumsum(random.integers(-3, 4, rows))).tolist()
    spreads = random.integers(5, 30, rows).tolist()
    sizes = (random.integers(1, 600, (2, rows)) / 100).tolist()
    lines = (
        f"{ts}Z,{bid / 1000:.3f},{(bid + spread) / 1000:.3f},{bid_size},{ask_size}\n"
        for ts, bid, spread, bid_size, ask_size in zip(times, bids, spreads, *sizes, strict=True)
    )
    return f"{CSV_HEADER}\n{''.join(lines)}".encode()


def _checked_size(method: Method, source: Path, lines: int) -> int:
    """Run once to warm up and to see that nothing is lost."""
    from pyarrow import parquet

    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        target = method(source, Path(folder))
        found = parquet.read_metadata(target).num_rows
        assert found == lines, f"{method.__name__}: Expected {lines} rows, was {found}"
        return target.stat().st_size


def _timed(method: Method, source: Path) -> float:
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        start = time.perf_counter()
        method(source, Path(folder))
        return time.perf_counter() - start


def _peak_mb(method: str, source: Path) -> int:
    """Most resident memory of a process of its own that does the work once, MB; imports included."""
    command = [sys.executable, "-m", "bench.ingest", method, str(source)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    for row in run():
        print("  ".join(f"{key}: {value}" for key, value in row.items()))


def _main_of_child(method: str, source: str) -> None:
    with tempfile.TemporaryDirectory(dir=Path(source).parent) as folder:
        globals()[method](Path(source), Path(folder))
    # Not getrusage: its maximum includes the parent's memory at the time of the fork.
    status = Path("/proc/self/status").read_text()
    print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)


if __name__ == "__main__":
    _main_of_child(*sys.argv[1:]) if len(sys.argv) > 1 else main()
