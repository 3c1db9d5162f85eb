"""When a feed's day turns: at 00:00 UTC of the tick times, and not for a tick whose time is wrong."""

from __future__ import annotations

import numpy as np

from ticklake_assets.core.calendar import sessions
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay

LONGEST_PAUSE_DAYS = 7
"""A tick of a day further ahead has a wrong time."""
LONGEST_SILENCE_US = 2 * 3_600_000_000
"""Of a market that is open. A tick that comes after more has a wrong time, but for one of right now."""
_NOW_US = 3_600_000_000
"""A tick whose time is so near the clock is believed whatever the silence: the feed was away."""


def turn(day: SymbolDay, last_us: int | None, ticks: RawColumns, now_us: int) -> tuple[int, SymbolDay] | None:
    """The place of the first tick that begins a later day, and that day; None while `day` goes on.

    `last_us` is the time of the last tick before these, None without any; `now_us` the latest that a tick may have.
    """
    end_us = day.end_us
    if not (ticks.ts_us >= end_us).any():
        return None
    with np.errstate(invalid="ignore"):
        is_quote = (ticks.missing == 0) & (ticks.bid > 0) & (ticks.ask >= ticks.bid)
    is_possible = (ticks.ts_us < end_us + LONGEST_PAUSE_DAYS * MICROS_PER_DAY) & (ticks.ts_us <= now_us)
    for place in np.flatnonzero(is_quote & is_possible & (ticks.ts_us >= end_us)).tolist():
        before = ticks.ts_us[:place][is_quote[:place] & (ticks.ts_us[:place] < end_us)]
        last = int(before.max()) if len(before) else last_us
        found = int(ticks.ts_us[place])
        is_now = now_us - found < _NOW_US
        if last is None or is_now or open_us(day, last, found) <= LONGEST_SILENCE_US:
            return place, day.shifted(1 + (found - end_us) // MICROS_PER_DAY)
    return None


def open_us(day: SymbolDay, start_us: int, end_us: int) -> int:
    """How long the symbol's venue is open between two times, of which the first lies in `day`, microseconds."""
    calendar = instrument_of(day.symbol).calendar
    days = range(1 + (end_us - day.start_us) // MICROS_PER_DAY)
    spans = (span for offset in days for span in sessions(calendar, day.shifted(offset)))
    return sum(max(0, min(stop, end_us) - max(start, start_us)) for start, stop in spans)
