"""A served day made again from its journal, and held against the vendor's day.

The day is streamed in batches to a session in this process, some ticks late, some lost; what is asserted first is that
everything comes out again to the bit.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import orjson

from serving.endpoint.models.store import ModelStore
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.journal.reading import read_newest
from ticklake_assets.journal.whole_day import WholeDay
from ticklake_assets.modeling.deployed.bundle import open_bundle
from ticklake_assets.modeling.deployed.signing import public_key
from ticklake_assets.modeling.judging.recompute import recompute, remake
from ticklake_assets.modeling.judging.vendor_day import compare_vendor
from ticklake_assets_tests.serving.deployments import make_bundle, make_deployment
from ticklake_assets_tests.serving.endpoint.desk import START, Talk, open_desk
from ticklake_assets_tests.serving.recorded_day import DAY, record_day
from ticklake_assets_tests.serving.streamed_day import disorder, rows_of

TICKS, BATCH, ROUNDS = 200_000, 4096, 5
_Value = TypeVar("_Value")


def run() -> list[dict[str, object]]:
    """Seconds of each step, the best of five rounds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recorded = record_day(folder / "landing", ticks=TICKS)
        parts = range(0, len(recorded.ticks), BATCH)
        ticks = RawColumns.joined([recorded.columns(at, at + BATCH) for at in parts])
        _stream(folder, rows_of(disorder(DAY, ticks).ticks))
        bundle = open_bundle(make_bundle(folder / "keys", DAY.symbol), public_key(folder / "keys"))
        journaled, reading = _timed(lambda: read_newest(folder / "journal", DAY))
        found, recomputing = _timed(lambda: recompute(DAY, journaled, {bundle.digest: bundle}, {}))
        assert found.share == 1.0, found.differences
        vendor, whole = remake(DAY, ticks), WholeDay.of(journaled)
        beside, comparing = _timed(lambda: compare_vendor(DAY, whole, vendor.kept, vendor.events))
        assert beside.is_explained, beside
        size = journaled.path.stat().st_size
    facts = {"ticks": found.ticks, "events": found.events}
    return [
        {
            "step": "read and verify the journal",
            **facts,
            "seconds": reading,
            "bytes a tick": size / found.ticks,
        },
        {"step": "make it again and compare", **facts, "seconds": recomputing},
        {"step": "against the vendor's day", **facts, "seconds": comparing},
    ]


def _stream(folder: Path, rows: list[list[object]]) -> None:
    models = ModelStore(folder / "models", folder / "keys")
    models.push(make_deployment(folder / "keys", DAY.symbol))
    with open_desk(folder, models=models) as desk:
        talk = Talk(desk)
        talk.say(START)
        for at in range(0, len(rows), BATCH):
            message = {"type": "ticks", "seq": at + 1, "rows": rows[at : at + BATCH]}
            assert talk.say(orjson.dumps(message))["type"] == "ack"


def _timed(step: Callable[[], _Value]) -> tuple[_Value, float]:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        value = step()
        times.append(time.perf_counter() - start)
    return value, min(times)
