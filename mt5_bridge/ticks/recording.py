"""A broker's ticks of many days as landing files, one a UTC day: what is there stays, what is missing is named.

    recorder = Recorder(mt5, "EURUSD.m", "EURUSD", clock, Path("ticks"))
    recording = recorder.record(days, now)

The folder is a source of the lake, `ticklake land --ticks` or `TICKLAKE_SOURCE=folder`. A run that was broken off goes
on where it ended: a day's file appears whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel

from mt5_bridge.errors import NoTicks, TerminalError
from mt5_bridge.moments import moment_of
from mt5_bridge.terminal.package import Mt5
from mt5_bridge.ticks.broker_clock import BrokerClock
from mt5_bridge.ticks.csv_feed import read_day
from mt5_bridge.ticks.day_file import day_path, publish_day, render_day
from mt5_bridge.ticks.history import fetch_day
from mt5_bridge.wire.contract import Tick

SILENCE = timedelta(minutes=30)
"""From here on a time without a quote is named."""
_LOST_IN_A_ROW = 3
"""Days that fail one after the other until the terminal is taken to be gone."""


class Silence(BaseModel):
    """A time without a quote, within a day or at its edges."""

    first: datetime
    last: datetime


class RecordedDay(BaseModel):
    day: date
    state: str
    """`written`, `there` before, `no ticks`, or `failed`."""
    ticks: int = 0
    silences: tuple[Silence, ...] = ()
    error: str = ""


class Recording(BaseModel):
    """What a run came to, day by day."""

    symbol: str
    days: tuple[RecordedDay, ...]

    def of(self, state: str) -> list[RecordedDay]:
        return [each for each in self.days if each.state == state]


@dataclass(frozen=True)
class Recorder:
    """`broker_symbol` is the broker's name, `symbol` the one that files are named after."""

    mt5: Mt5
    broker_symbol: str
    symbol: str
    clock: BrokerClock
    folder: Path
    wait: Callable[[], None] | None = None
    """Called before a day that the terminal does not give whole is asked for in halves."""

    def record(
        self, days: Iterable[date], now: datetime, told: Callable[[RecordedDay], None] = lambda _: None
    ) -> Recording:
        """Write what is missing; `told` hears each day. A day that fails is named, and the others go on.

        Raises TerminalError where several fail one after the other: that is no day's fault.
        """
        found, lost = list[RecordedDay](), 0
        for day in days:
            try:
                found.append(self._record(day, now))
                lost = 0
            except TerminalError as error:
                lost += 1
                if lost == _LOST_IN_A_ROW:
                    raise
                found.append(RecordedDay(day=day, state="failed", error=str(error)))
            told(found[-1])
        return Recording(symbol=self.symbol, days=tuple(found))

    def _record(self, day: date, now: datetime) -> RecordedDay:
        path = day_path(self.folder, self.symbol, day)
        if path.exists():
            ticks, state = read_day(path, day), "there"
        else:
            try:
                fetched = fetch_day(self.mt5, self.broker_symbol, day, self.clock, now, self.wait)
            except NoTicks:
                return RecordedDay(day=day, state="no ticks")
            publish_day(path, render_day(fetched.ticks, fetched.digits))
            ticks, state = fetched.ticks, "written"
        return RecordedDay(day=day, state=state, ticks=len(ticks), silences=tuple(_silences(day, ticks)))


def _silences(day: date, ticks: list[Tick]) -> Iterator[Silence]:
    """A bridge knows no calendar: a closed market is silent, too."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    moments = [moment_of(tick.ts_us) for tick in ticks if tick.ts_us is not None]
    for first, last in pairwise([start, *moments, start + timedelta(days=1)]):
        if last - first >= SILENCE:
            yield Silence(first=first, last=last)
