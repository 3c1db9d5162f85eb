from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mt5_bridge.terminal.request import comment_of
from mt5_bridge.trading.words import Intent
from mt5_bridge.wire.contract import Signal
from serving.endpoint.journal.journals import Journals
from serving.endpoint.journal.served_signals import find_signal, signals_of, signals_on
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats
from ticklake_assets.journal.records import Batch, pack
from ticklake_assets.modeling.deployed.decision import signal_id
from ticklake_assets_tests.core.quote_builders import DAY

OURS, OTHER = "a" * 64, "b" * 64


def make_signal(ts_us: int, side: str = "long", bundle: str = OURS) -> dict[str, Any]:
    """A signal as the endpoint answers and journals it."""
    sign = {"long": 1, "short": -1, "none": 0}[side]
    return {
        "signal_id": signal_id(bundle, DAY.symbol, ts_us, sign),
        "seq": 1,
        "symbol": DAY.symbol,
        "ts_us": ts_us,
        "side": side,
        "p_short": 0.2,
        "p_neither": 0.3,
        "p_long": 0.5,
        "threshold": 0.4,
        "anomaly": 1.0,
        "abstain": [],
        "earliest_entry_us": ts_us + 200_000,
        "stop": 1.0,
        "target": 1.2,
        "horizon_end_us": ts_us + 900_000_000,
        "day_end_us": DAY.end_us,
        "tradable": True,
        "bundle": bundle,
    }


def one_event(seq: int, ts_us: int, features: Floats, signals: list[dict[str, Any]]) -> Batch:
    """A tick that made an event."""
    time, value = np.array([ts_us]), np.ones(1)
    ticks = RawColumns(time, value, value, value, value, np.zeros(1, np.uint8))
    rows = np.zeros(1, np.uint32)
    return Batch(seq, ts_us, ticks, np.zeros(1, np.int8), rows, time, features.reshape(1, -1), [signals])


def serve(root: Path, *events: list[dict[str, Any]], day: SymbolDay = DAY) -> None:
    """Journal a stream of events with their signals."""
    journals = Journals(root)
    journal = journals.begin(day, complete=True)
    for seq, signals in enumerate(events, 1):
        ts_us = signals[0]["ts_us"] if signals else day.start_us
        journal.batch(pack(one_event(seq, ts_us, np.zeros(len(FEATURES)), signals)))
    journal.close()
    journals.close()


def test_a_signal_is_found_by_its_id_and_by_the_comment_that_the_bridge_gives_its_order(
    tmp_path: Path,
) -> None:
    told = [make_signal(DAY.start_us + offset, side) for offset, side in enumerate(("long", "short", "none"))]
    serve(tmp_path, *([each] for each in told), [])
    for signal in told:
        comment = comment_of(Intent.of(Signal.model_validate(signal)).intent_id)
        by_id, by_comment = (find_signal(tmp_path, name) for name in (signal["signal_id"], comment))
        assert by_id is not None
        assert by_id == by_comment
        assert (by_id.signal, by_id.comment) == (signal, comment)
        assert by_id.journal.name == "0001.journal"


def test_what_no_stream_holds_is_not_found(tmp_path: Path) -> None:
    assert find_signal(tmp_path / "nowhere", "0" * 16) is None
    serve(tmp_path, [])
    assert find_signal(tmp_path, "0" * 16) is None


def test_signals_of_some_bundles_count_once_over_all_streams(tmp_path: Path) -> None:
    first = [make_signal(DAY.start_us), make_signal(DAY.start_us, bundle=OTHER)]
    serve(tmp_path, first)
    serve(tmp_path, first, [make_signal(DAY.start_us + 1)])
    assert len(signals_of(tmp_path, DAY.symbol, {OURS})) == 2
    assert len(signals_of(tmp_path, DAY.symbol, {OURS, OTHER})) == 3
    assert signals_of(tmp_path, "GBPJPY", {OURS}) == {}


def test_signals_of_a_day_are_those_in_its_streams(tmp_path: Path) -> None:
    told = make_signal(DAY.start_us)
    serve(tmp_path, [told])
    serve(tmp_path, [told], [make_signal(DAY.start_us + 1, bundle=OTHER)])
    serve(tmp_path, [make_signal(DAY.shifted(1).start_us)], day=DAY.shifted(1))
    found = signals_on(tmp_path, DAY)
    assert [served.signal["ts_us"] - DAY.start_us for served in found.values()] == [0, 1]
    assert {served.day for served in found.values()} == {DAY}
    assert signals_on(tmp_path, DAY.shifted(2)) == {}


def test_half_a_frame_of_a_killed_server_is_no_signal(tmp_path: Path) -> None:
    serve(tmp_path, [make_signal(DAY.start_us)], [make_signal(DAY.start_us + 1)])
    (journal,) = tmp_path.glob("*/*/*.journal")
    journal.write_bytes(journal.read_bytes()[:-20])
    assert len(signals_of(tmp_path, DAY.symbol, {OURS})) == 1
