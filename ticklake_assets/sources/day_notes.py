"""What is odd about a landed day and refuses nothing: silent hours, quotes outside of session or price range."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ticklake_assets.core.calendar import may_be_closed, sessions
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.core.tables import Ints
from ticklake_assets.sources.symbol_hour import MICROS_PER_HOUR, inner_hours

_ODD_SHARE = 0.01
"""Of a day's quotes outside the session: venues quote for some minutes before they open."""
_ZONES = sorted(range(-14, 13), key=abs)
"""Whole hours that a clock can be behind UTC, the likeliest first."""


def notes_of(day: SymbolDay, ticks: pa.Table) -> list[str]:
    """A sentence about each odd thing of a day of `TICK_SCHEMA` rows; none for a day that is as expected."""
    ts_us = times_us(ticks)
    if len(ts_us):
        return [*_silent_hours(day, ts_us), *outside_session(day, ts_us), *_outside_prices(day, ticks)]
    if may_be_closed(instrument_of(day.symbol).calendar, day):
        return []
    return [f"{day} has no tick and counts as closed, although its calendar says that it is open"]


def times_us(ticks: pa.Table) -> Ints:
    """The times of the rows that have one, epoch microseconds."""
    found: Ints = ticks["ts_event"].drop_null().cast(pa.int64()).to_numpy()
    return found


def _silent_hours(day: SymbolDay, ts_us: Ints) -> list[str]:
    seen = set(((ts_us - day.start_us) // MICROS_PER_HOUR).tolist())
    silent = [f"{each.hour:02}h" for each in inner_hours(day) if each.hour not in seen]
    return [f"{day} has no tick in {', '.join(silent)} UTC, inside its session"] if silent else []


def outside_session(day: SymbolDay, ts_us: Ints) -> list[str]:
    """What is to be said of quotes outside the day's session, epoch microseconds, and the zone that would fit."""
    outside = int(np.sum(~_is_open(day, ts_us))) if len(ts_us) else 0
    if outside == 0:
        return []
    first, last = (str(np.datetime64(int(time), "us"))[11:19] for time in (ts_us.min(), ts_us.max()))
    opened = " and ".join(
        f"{_clock(start - day.start_us)} to {_clock(end - day.start_us)}" for start, end in _sessions(day)
    )
    where = f"outside its session ({opened or 'closed all day'} UTC)"
    ends = f"they begin at {first} and end at {last}"
    hint = _other_zone(day, ts_us, outside)
    return [f"{outside:,} of {len(ts_us):,} quotes of {day} are {where}: {ends}{hint}"]


def _outside_prices(day: SymbolDay, ticks: pa.Table) -> list[str]:
    """Of an instrument that says which prices it may have: a wrong decimal factor is seen by them."""
    if (bounds := instrument_of(day.symbol).price_range) is None:
        return []
    low, high = bounds
    bid = ticks["bid"].drop_null().to_numpy()
    outside = bid[(bid < low) | (bid > high)]
    if len(outside) == 0:
        return []
    where = f"outside its price range ({low:g} to {high:g}): the first is {outside[0]:g}"
    return [f"{len(outside):,} of {len(bid):,} bids of {day} are {where}"]


def _other_zone(day: SymbolDay, ts_us: Ints, outside: int) -> str:
    """The zone in which the same clock would fit, where there is one."""
    if outside <= _ODD_SHARE * len(ts_us):
        return ""
    for behind in _ZONES:
        if np.mean(~_is_open(day, ts_us + behind * MICROS_PER_HOUR)) <= _ODD_SHARE:
            return f". They would fit were the file's clock that of zone Etc/GMT{behind:+d}"
    return ""


def _is_open(day: SymbolDay, ts_us: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each time, of this day or of one near it, is inside a session."""
    held = np.zeros(len(ts_us), dtype=np.bool_)
    for days_on in np.unique((ts_us - day.start_us) // MICROS_PER_DAY).tolist():
        for start, end in _sessions(day.shifted(days_on)):
            held |= (ts_us >= start) & (ts_us < end)
    return held


def _sessions(day: SymbolDay) -> list[tuple[int, int]]:
    return sessions(instrument_of(day.symbol).calendar, day)


def _clock(offset_us: int) -> str:
    """
    >>> _clock(79_200_000_000), _clock(86_400_000_000)
    ('22:00', '24:00')
    """
    return f"{offset_us // MICROS_PER_HOUR:02}:{offset_us // 60_000_000 % 60:02}"
