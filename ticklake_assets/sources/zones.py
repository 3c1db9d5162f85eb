"""Wall clock to UTC, also in the hour that occurs twice and the hour that does not occur."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.symbol_day import MICROS_PER_DAY
from ticklake_assets.core.tables import Ints

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK_SET_BACK_US = 30 * 60 * 1_000_000
"""A larger step back inside the repeated hour is the clock change; a smaller one is a late row."""


class UtcTimes(NamedTuple):
    """Converted times, and how many of them the zone alone could not settle."""

    ts_us: Ints
    ambiguous_rows: int
    nonexistent_rows: int


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, like `America`
        raise SetupError(f"Expected a time zone like Europe/Athens or Etc/GMT-2, was {name!r}") from None


def to_utc(wall_us: Ints, where: ZoneInfo) -> UtcTimes:
    """Convert wall clock microseconds, given in the order of the file.

    In the hour that occurs twice, rows belong to its first pass until the clock steps back by more than half
    an hour, then to the second. An hour that does not occur is read as if the clock had not been set forward.
    """
    if len(wall_us) == 0:
        return UtcTimes(wall_us, 0, 0)
    starts, offsets = _offsets(where, int(wall_us.min()), int(wall_us.max()))
    before, after = offsets[:-1], offsets[1:]
    first = offsets[np.searchsorted(starts + np.maximum(before, after), wall_us, side="right")]
    second = offsets[np.searchsorted(starts + np.minimum(before, after), wall_us, side="right")]
    ambiguous = np.flatnonzero(first > second)
    chosen = first.copy()
    for day in np.unique(wall_us[ambiguous] // MICROS_PER_DAY):
        rows = ambiguous[wall_us[ambiguous] // MICROS_PER_DAY == day]
        steps_back = np.diff(wall_us[rows], prepend=wall_us[rows[0]]) < -_CLOCK_SET_BACK_US
        second_pass = rows[np.maximum.accumulate(steps_back)]
        chosen[second_pass] = second[second_pass]
    return UtcTimes(wall_us - chosen, len(ambiguous), int((first < second).sum()))


def _offsets(where: ZoneInfo, first_us: int, last_us: int) -> tuple[Ints, Ints]:
    """UTC starts of the offsets valid around a span of wall clock, and the offsets: one more than starts."""
    day = first_us // MICROS_PER_DAY - 2
    offsets, starts = [_offset_us(where, day * MICROS_PER_DAY)], []
    while day * MICROS_PER_DAY < last_us + 2 * MICROS_PER_DAY:
        low, high = day * MICROS_PER_DAY, (day + 1) * MICROS_PER_DAY
        following = _offset_us(where, high)
        if following != offsets[-1]:
            while high - low > 1_000_000:
                middle = (low + high) // 2_000_000 * 1_000_000
                low, high = (middle, high) if _offset_us(where, middle) == offsets[-1] else (low, middle)
            starts.append(high)
            offsets.append(following)
        day += 1
    return np.array(starts, dtype=np.int64), np.array(offsets, dtype=np.int64)


def _offset_us(where: ZoneInfo, utc_us: int) -> int:
    moment = (_EPOCH + timedelta(microseconds=utc_us)).astimezone(where)
    offset = moment.utcoffset()
    assert offset is not None
    return round(offset.total_seconds() * 1_000_000)
