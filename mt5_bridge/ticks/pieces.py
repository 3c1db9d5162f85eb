"""Ticks of a span, asked of a terminal in pieces as small as its limits need."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from mt5_bridge.errors import TerminalError
from mt5_bridge.moments import us_of
from mt5_bridge.terminal.package import Mt5, failure
from mt5_bridge.ticks.broker_clock import BrokerClock

_SMALLEST = timedelta(minutes=1)
"""A piece that still fails at this length fails for another reason than its length."""
_TOO_MUCH = frozenset({-1, -3, -10000, -10001, -10002, -10005})
"""Errors that less at a time may cure: a failed call, no memory, an internal failure on the way, a timeout."""


class TickRow(NamedTuple):
    """The columns of a tick that are read, by the vendor's names; a broker delivers no sizes."""

    time_msc: int
    bid: float
    ask: float
    flags: int


def copy_rows(
    mt5: Mt5,
    symbol: str,
    first: datetime,
    last: datetime,
    clock: BrokerClock,
    wait: Callable[[], None] | None = None,
) -> list[TickRow]:
    """Ask for the quotes from `first` to before `last`, on the broker's clock, in the terminal's order.

    What a terminal does not give whole is asked for in halves, down to a minute; `wait` is called before that. It
    answers with what it has when its patience with its broker ends, and the error beside is the only sign: nothing of
    such an answer is taken. No piece ends inside an hour that the clock repeats, whose rows only their order tells
    apart.
    """
    try:
        return _copy(mt5, symbol, first, last)
    except _TooMuchError as error:
        middle = _between(first, last, clock)
        if middle is None:
            raise TerminalError(str(error)) from error
    if wait is not None:
        wait()
    return [
        *copy_rows(mt5, symbol, first, middle, clock, wait),
        *copy_rows(mt5, symbol, middle, last, clock, wait),
    ]


class _TooMuchError(TerminalError):
    """A failure that a shorter span may not have."""


def _copy(mt5: Mt5, symbol: str, first: datetime, last: datetime) -> list[TickRow]:
    """Quotes alone: COPY_TICKS_ALL would add trades, which repeat the bid and ask before them."""
    array = mt5.copy_ticks_range(symbol, first, last, mt5.COPY_TICKS_INFO)
    code = mt5.last_error()[0]
    if array is None or code != mt5.RES_S_OK:
        error = failure(mt5, f"all ticks of {symbol} from {first:%Y-%m-%d %H:%M} on (broker's clock)")
        raise _TooMuchError(str(error)) if code in _TOO_MUCH else error
    if not len(array):
        return []
    # Columns become Python numbers in one step each: eight times as fast as row by row, and without numpy.
    columns = (array[name].tolist() for name in TickRow._fields)
    rows = (TickRow(*values) for values in zip(*columns, strict=True))
    begin, end = (us_of(moment) // 1_000 for moment in (first, last))
    return [row for row in rows if begin <= row.time_msc < end]  # the terminal counts both ends in


def _between(first: datetime, last: datetime, clock: BrokerClock) -> datetime | None:
    """A moment to halve the span at, on a whole second, that happens once; None where there is none."""
    if last - first <= _SMALLEST:
        return None
    middle = (first + (last - first) / 2).replace(microsecond=0)
    away = timedelta(0)
    while first < middle - away or middle + away < last:
        for moment in (middle - away, middle + away):
            if first < moment < last and next(clock.utc_times([moment])).is_settled:
                return moment
        away += _SMALLEST
    return None
