"""Many days of a terminal become landing files, and from these days of the lake."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mt5_bridge.errors import TerminalError
from mt5_bridge.ticks.broker_clock import BrokerClock
from mt5_bridge.ticks.recording import Recorder, Recording
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.landing import land_day
from ticklake_assets.sources.open_source import open_source
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import CLOCK, ScriptedMt5, Sent, at, every, history

NOW = at("2024-12-01")
MONDAY, TUESDAY = date(2024, 1, 15), date(2024, 1, 16)
TICKS = every("2024-01-15", "2024-01-17", minutes=1)


@dataclass
class LimitedMt5(ScriptedMt5):
    """Gives at most so many rows, and the error of a terminal whose patience ended beside what it has."""

    most: int = 100
    broken: tuple[datetime, datetime] | None = None
    """A span, on the broker's clock, that it never gives."""
    asked_spans: list[tuple[datetime, datetime]] = field(default_factory=list)

    def copy_ticks_range(
        self, symbol: str, date_from: datetime, date_to: datetime, flags: int, /
    ) -> np.ndarray[Any, Any] | None:
        self.asked_spans.append((date_from, date_to))
        rows = super().copy_ticks_range(symbol, date_from, date_to, flags)
        is_broken = self.broken and date_from < self.broken[1] and self.broken[0] < date_to
        if is_broken or (rows is not None and len(rows) > self.most):
            self.error = (-10005, "IPC timeout")
            return None if rows is None else rows[: self.most]
        return rows


def _record(mt5: ScriptedMt5, folder: Path, days: list[date], clock: BrokerClock = CLOCK) -> Recording:
    return Recorder(mt5, "EURUSD", "EURUSD", clock, folder).record(days, NOW)


def test_a_recording_is_a_source_of_the_lake(tmp_path: Path) -> None:
    """The folder is what `TICKLAKE_SOURCE=folder` reads; what lands has the recorded bytes."""
    recording = _record(ScriptedMt5(history(TICKS)), tmp_path / "ticks", [MONDAY, TUESDAY])
    assert [(each.state, each.ticks) for each in recording.days] == [("written", 1440), ("written", 1440)]
    source = open_source("folder", cache_dir=tmp_path, folder=tmp_path / "ticks")
    for day in (MONDAY, TUESDAY):
        landed = land_day(tmp_path / "landing", SymbolDay("EURUSD", day), source)
        assert landed.rows == 1440
        recorded = tmp_path / "ticks" / f"EURUSD_{day}.csv"
        assert landed.landed.path.read_bytes() == recorded.read_bytes()


def test_a_limited_terminal_gives_the_same_bytes(tmp_path: Path) -> None:
    limited = LimitedMt5(history(TICKS))
    _record(ScriptedMt5(history(TICKS)), tmp_path / "whole", [MONDAY])
    _record(limited, tmp_path / "pieces", [MONDAY])
    assert len(limited.asked_spans) > 20
    name = f"EURUSD_{MONDAY}.csv"
    assert (tmp_path / "pieces" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("day", [date(2024, 3, 10), date(2024, 11, 3)])
def test_pieces_keep_hours_that_the_clock_repeats_or_skips(tmp_path: Path, day: date) -> None:
    start = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - `every` reads it as UTC
    ticks = history(every(f"{start:%Y-%m-%d}", f"{start + timedelta(days=1):%Y-%m-%d}", seconds=20))
    _record(ScriptedMt5(ticks), tmp_path / "whole", [day])
    _record(LimitedMt5(ticks, most=400), tmp_path / "pieces", [day])
    name = f"EURUSD_{day}.csv"
    assert (tmp_path / "pieces" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_what_is_there_is_not_asked_for_again(tmp_path: Path) -> None:
    _record(ScriptedMt5(history(TICKS)), tmp_path, [MONDAY])
    again = ScriptedMt5(history(TICKS))
    recording = _record(again, tmp_path, [MONDAY, TUESDAY])
    assert [(each.state, each.ticks) for each in recording.days] == [("there", 1440), ("written", 1440)]
    assert again.calls.count("copy_ticks_range") == 1


def test_a_day_that_fails_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    broken = CLOCK.wall(at("2024-01-15 09:00")), CLOCK.wall(at("2024-01-15 09:01"))
    mt5 = LimitedMt5(history(TICKS), most=10_000, broken=broken)
    recording = _record(mt5, tmp_path, [MONDAY, TUESDAY])
    assert [each.state for each in recording.days] == ["failed", "written"]
    assert "IPC timeout" in recording.days[0].error
    assert [path.name for path in tmp_path.iterdir()] == [f"EURUSD_{TUESDAY}.csv"]
    mt5.broken = None
    assert [each.state for each in _record(mt5, tmp_path, [MONDAY, TUESDAY]).days] == ["written", "there"]


def test_a_terminal_that_is_gone_ends_the_run(tmp_path: Path) -> None:
    mt5 = ScriptedMt5(history(TICKS), fails={"copy_ticks_range": (-10004, "No IPC connection")})
    days = [MONDAY - timedelta(days=offset) for offset in range(10)]
    with pytest.raises(TerminalError, match="No IPC"):
        _record(mt5, tmp_path, days)
    assert mt5.calls.count("copy_ticks_range") == 3


def test_gaps_are_named(tmp_path: Path) -> None:
    ticks = [each for each in TICKS if not at("2024-01-15 10:00") < each.moment < at("2024-01-15 11:00")]
    recording = _record(ScriptedMt5(history(ticks)), tmp_path, [date(2024, 1, 14), MONDAY, TUESDAY])
    assert [each.state for each in recording.days] == ["no ticks", "written", "written"]
    assert [(each.first, each.last) for each in recording.days[1].silences] == [
        (at("2024-01-15 10:00"), at("2024-01-15 11:00"))
    ]
    assert recording.days[2].silences == ()
    early = _record(
        ScriptedMt5(history([Sent(at("2024-01-17 23:00"), 1.0, 1.1)])), tmp_path, [date(2024, 1, 17)]
    )
    assert [(each.first.hour, each.last.hour) for each in early.days[0].silences] == [(0, 23), (23, 0)]
