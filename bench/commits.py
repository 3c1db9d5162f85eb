"""Commit time over 1,000 commits, with and without the upkeep of `storage/gold/maintenance.py`.

Both sides commit the same days to a table of their own, in turns, so that load of the machine meets both alike;
processor time tells what is left of it.
A night comes after every 50 commits, and upkeep keeps the snapshots of the last 7 nights, as in production. One
commit in five replaces a day that is there, the others add one. At the end both sides must hold the same rows.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from bench.gold import rows_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.gold.maintenance import keep_up
from ticklake_assets.storage.gold.tables import GoldTables, open_catalog

SYMBOLS = ("EURUSD", "GBPUSD", "USDJPY", "GBPJPY")
A_NIGHT, NIGHTS_KEPT = 50, 7
A_LINE = 100


class Side(NamedTuple):
    """A table and what its commits took, in milliseconds by the clock and of the processors."""

    gold: GoldTables
    commits: list[float]
    processor: list[float]
    nights: list[float]


def run(commits: int = 1000) -> list[dict[str, object]]:
    """Each hundred commits a line: medians of both sides, what a night's upkeep took, and what had piled up."""
    found: list[dict[str, object]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        _open(folder, "kept") as kept,
        _open(folder, "left") as left,
    ):
        nights: list[datetime] = []
        sides = Side(kept, [], [], []), Side(left, [], [], [])
        for number, day in enumerate(_days(commits), start=1):
            rows = rows_of(day)
            for side in sides:
                started, used = time.perf_counter(), time.process_time()
                side.gold.replace("features", [day], rows, {"run_id": "bench"})
                side.commits.append(1000 * (time.perf_counter() - started))
                side.processor.append(1000 * (time.process_time() - used))
            if number % A_NIGHT == 0:
                nights.append(datetime.now(UTC))
                sides[0].nights.append(_night(kept, nights))
            if number % A_LINE == 0:
                found.append(_line(number, *sides))
        _require_equal(kept, left)
    return found


def _night(gold: GoldTables, nights: list[datetime]) -> float:
    now = datetime.now(UTC)
    kept = now - nights[-NIGHTS_KEPT:][0]
    keep_up(gold, "features", now, snapshots=kept, orphans=kept)
    return 1000 * (datetime.now(UTC) - now).total_seconds()


def _line(number: int, kept: Side, left: Side) -> dict[str, object]:
    last = slice(number - A_LINE, number)
    return {
        "commits": f"{number - A_LINE + 1} to {number}",
        "with upkeep, ms": round(statistics.median(kept.commits[last])),
        "without, ms": round(statistics.median(left.commits[last])),
        "CPU ms": f"{statistics.median(kept.processor[last]):.0f} / {statistics.median(left.processor[last]):.0f}",
        "a night's upkeep, ms": round(statistics.median(kept.nights[-A_LINE // A_NIGHT :])),
        "snapshots": f"{_snapshots(kept.gold)} / {_snapshots(left.gold)}",
        "manifests": f"{_manifests(kept.gold)} / {_manifests(left.gold)}",
    }


def _snapshots(gold: GoldTables) -> int:
    return len(gold.table("features").snapshots())


def _manifests(gold: GoldTables) -> int:
    table = gold.table("features")
    snapshot = table.current_snapshot()
    assert snapshot is not None
    return len(snapshot.manifests(table.io))


def _days(count: int) -> Iterator[SymbolDay]:
    """Days of four symbols in turn; each fifth is one from some weeks before."""
    made: list[SymbolDay] = []
    for number in range(count):
        if number % 5 == 4:
            yield made[len(made) * 3 // 4]
            continue
        symbol = SYMBOLS[len(made) % len(SYMBOLS)]
        made.append(SymbolDay(symbol, date(2024, 1, 1)).shifted(len(made) // len(SYMBOLS)))
        yield made[-1]


def _open(folder: str, side: str) -> GoldTables:
    return GoldTables(open_catalog("lake", f"sqlite:///{folder}/{side}.db", Path(folder, side).as_uri()))


def _require_equal(kept: GoldTables, left: GoldTables) -> None:
    every = [kept.table("features").scan().to_arrow(), left.table("features").scan().to_arrow()]
    keys = [("symbol", "ascending"), ("ts_event", "ascending")]
    assert every[0].sort_by(keys).equals(every[1].sort_by(keys)), "both sides must hold the same rows"


if __name__ == "__main__":
    for row in run():
        print(row)
