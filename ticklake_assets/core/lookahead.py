"""The future-poison test: whatever comes after a time may change nothing that is known by then.

    leaks = find_leaks(subject, day, quotes, poison_times(subject(day, quotes)))

After each time t every quote is replaced, once by wild ones (other prices, sizes, times and number), once by
none, and everything is made again. Of two rows of one event, at least one of them said to be known by t, the bits
must be the same: a value that differs was made from what came after t.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ticklake_assets.core.declared import Known
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Ints, Quotes

EVENTS = "(events)"
"""The name under which the sampling of events itself is judged."""


class Sheet(NamedTuple):
    """Everything that is made from a day of quotes: a value of each event by column."""

    ts_us: Ints
    columns: Mapping[str, Known]


MOST_KNOWN = 2_000
"""Times by which values are known that are tried at most: a sheet of twenty labels has ten thousand."""

Subject = Callable[[SymbolDay, Quotes], Sheet]


class Leak(NamedTuple):
    """A column that knew the future."""

    column: str
    events: int
    """How many of the day's events are affected."""
    first_us: int
    """The first of them."""
    ahead_us: int
    """It reads at least so far beyond the time at which it says that it is known."""


def find_leaks(
    subject: Subject, day: SymbolDay, quotes: Quotes, times: Iterable[int], seed: int = 1
) -> list[Leak]:
    """Poison the day after each of `times` (epoch microseconds); the columns that notice, in their order."""
    clean = subject(day, quotes)
    ahead = {name: np.full(len(clean.ts_us), -1) for name in (EVENTS, *clean.columns)}
    for t in times:
        for poisoned in poisons(day, quotes, t, seed):
            for name, rows, known_us in _changed(clean, subject(day, poisoned), t):
                ahead[name][rows] = np.maximum(ahead[name][rows], t - known_us)
    return [_leak(name, clean.ts_us, far) for name, far in ahead.items() if (far >= 0).any()]


def poison_times(sheet: Sheet, events: int | None = None) -> list[int]:
    """After each event, or so many of them, and after the times by which their values are known.

    What reads one quote beyond its `known_at` shows only behind that: rarely does an event lie between the two.
    """
    at = _evenly(len(sheet.ts_us), events)
    known = np.unique([column.known_at_us[at] for column in sheet.columns.values()])
    return [int(t) for t in np.union1d(sheet.ts_us[at], known[_evenly(len(known), MOST_KNOWN)])]


def poisons(day: SymbolDay, quotes: Quotes, t: int, seed: int) -> Iterator[Quotes]:
    """The day up to and including t, followed by nothing, and by wild quotes that are clean all the same."""
    kept = int(np.searchsorted(quotes.ts_us, t, side="right"))
    head = quotes.head(kept)
    yield head
    draw = np.random.default_rng([seed, t])
    count = int(draw.integers(1, 2 * (len(quotes.ts_us) - kept) + 2))
    times = np.sort(draw.integers(t + 1, day.end_us, count)) if t + 1 < day.end_us else np.empty(0, np.int64)
    bid = quotes.bid[max(kept - 1, 0)] * draw.uniform(0.5, 2.0, len(times))
    sizes = draw.uniform(0.0, 1000.0, (2, len(times)))
    wild = Quotes(times, bid, bid * draw.uniform(1.0, 1.01, len(times)), *sizes)
    yield Quotes(*(np.concatenate(pair) for pair in zip(head, wild, strict=True)))


def same_bits(left: NDArray[np.generic], right: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Row by row, for columns of 8-byte numbers: NaN equals the same NaN, 0 is not -0."""
    same: NDArray[np.bool_] = left.view(np.int64) == right.view(np.int64)
    return same


def _changed(clean: Sheet, dirty: Sheet, t: int) -> Iterator[tuple[str, Ints, Ints]]:
    """By column: rows that changed although known by t, and since when each was."""
    ours, theirs = clean.ts_us[clean.ts_us <= t], dirty.ts_us[dirty.ts_us <= t]
    count = min(len(ours), len(theirs))
    apart = np.flatnonzero(ours[:count] != theirs[:count])
    if len(apart) or len(ours) != len(theirs):
        first = min(int(apart[0]) if len(apart) else count, len(clean.ts_us) - 1)
        yield EVENTS, np.array([first]), clean.ts_us[[first]]
        return  # rows of other events can't be compared
    for name, before in clean.columns.items():
        after = dirty.columns[name]
        known, known_after = before.known_at_us[:count], after.known_at_us[:count]
        since = np.minimum(known, known_after)
        same = same_bits(before.values[:count], after.values[:count]) & (known == known_after)
        rows = np.flatnonzero(~same & (since <= t))
        if len(rows):
            yield name, rows, since[rows]


def _evenly(count: int, most: int | None) -> Ints:
    """Indices of at most so many of the rows, evenly spaced."""
    return np.unique(np.linspace(0, count - 1, min(most or count, count)).astype(np.int64))


def _leak(name: str, ts_us: Ints, ahead_us: Ints) -> Leak:
    rows = np.flatnonzero(ahead_us >= 0)
    return Leak(name, len(rows), int(ts_us[rows[0]]), int(ahead_us.max()))
