"""A symbol's ticks as the terminal has them, polled: each once, in UTC, numbered for the endpoint's stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

from mt5_bridge.moments import us_of, wall_of
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.terminal.package import failure
from mt5_bridge.ticks.broker_clock import BrokerClock
from mt5_bridge.ticks.history import carry
from mt5_bridge.ticks.pieces import TickRow
from mt5_bridge.wire.contract import Tick

_MARGIN = timedelta(hours=3)
"""Read before a day's begin: holds an hour that the broker's clock repeats, and the sides that a first tick lacks."""
_MOST = 100_000
"""Ticks of one look; where there are more the next look has them."""


Sized = tuple[int, float]
"""A quote's time, epoch us, and bid."""
Sizes = tuple[float | None, float | None]
"""Of bid and ask, millions of base units."""
_UNKNOWN: Sizes = (None, None)


def recorded_sizes(ticks: Iterable[Tick]) -> dict[Sized, Sizes]:
    return {
        (tick.ts_us, tick.bid): (tick.bid_size, tick.ask_size)
        for tick in ticks
        if tick.ts_us is not None and tick.bid is not None
    }


class Feed:
    """The ticks of one symbol from a day's begin on.

    The terminal is asked from the second of the last row on, as its clock has seconds; rows that were read are known by
    their place among those of the same millisecond.
    """

    def __init__(
        self,
        mt5: RunningMt5,
        broker_name: str,
        clock: BrokerClock,
        day: date,
        sizes: Mapping[Sized, Sizes] | None = None,
    ) -> None:
        """`sizes` are those that a recording has and a terminal does not tell; without one they are unknown."""
        self._sizes = sizes or {}
        self._mt5 = mt5
        self._symbol = broker_name
        self._clock = clock
        self._from = datetime.combine(day, time(tzinfo=UTC))
        self._last_msc = round(clock.wall(self._from - _MARGIN).timestamp() * 1000)
        self._read_of_last = 0
        """Rows of that millisecond that were read."""
        self._seq = 0
        self._row = TickRow(0, 0.0, 0.0, 0)
        self._quotes = carry(mt5, self._rows())
        self._times = clock.utc_times(wall_of(row.time_msc) for row in self._rows())

    def poll(self) -> list[Tick]:
        """The ticks since the last call, in the terminal's order; TerminalError where it has no answer."""
        return [tick for row in self._new_rows() if (tick := self._tick(row)) is not None]

    def _new_rows(self) -> Iterator[TickRow]:
        since = self._last_msc // 1000
        array = self._mt5.copy_ticks_from(self._symbol, since, _MOST, self._mt5.COPY_TICKS_INFO)
        if (
            array is None or self._mt5.last_error()[0] != self._mt5.RES_S_OK
        ):  # half an answer comes with an error
            raise failure(self._mt5, f"ticks of {self._symbol} since {since} s (broker's clock)")
        if not len(array):
            return
        known = self._read_of_last
        for values in zip(*(array[name].tolist() for name in TickRow._fields), strict=True):
            row = TickRow(*values)
            if row.time_msc < self._last_msc:
                continue
            if row.time_msc > self._last_msc:
                self._last_msc, self._read_of_last, known = row.time_msc, 0, 0
            elif known:
                known -= 1
                continue
            self._read_of_last += 1
            yield row

    def _tick(self, row: TickRow) -> Tick | None:
        self._row = row
        quote, moment = next(self._quotes), next(self._times).utc
        if moment < self._from:
            return None
        self._seq += 1
        ts_us = us_of(moment)
        sizes = _UNKNOWN if quote.bid is None else self._sizes.get((ts_us, quote.bid), _UNKNOWN)
        return Tick(self._seq, ts_us, quote.bid, quote.ask, *sizes)

    def _rows(self) -> Iterator[TickRow]:
        """The row at hand, whenever the next is asked for: clock and sides are read one by one."""
        while True:
            yield self._row
