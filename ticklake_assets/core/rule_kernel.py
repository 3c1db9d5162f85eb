"""The compiled cleaning rules: a rule's code for every row, by columns or tick by tick; `core.quotes` explains them.

Bits: only + - * and comparisons, so every way to cut a day into chunks gives the same codes. What is compiled stays
in this file, thresholds too: numba's disk cache watches the file of the entry points and would not notice a change
elsewhere.

A day's state is two arrays. `state` is a vector of float64, all zero before the day's first row. `seen` is a hash
table of the distinct rows of the last time, open addressing: a slot is taken while it holds that very time, so that
it is never cleared. Both can be saved after any row and resume there.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ticklake_assets.core import compiled_cache  # noqa: F401 - says where a shipped kernel finds its machine code
from ticklake_assets.core.tables import Bytes, Floats, Ints

LOOKBACK = 8
"""Most preceding distinct rows that a rule sees."""
LEAST_PRECEDING = 5
"""Preceding distinct rows below which no row is a spike."""
SPIKE_SHARE = 0.005
"""Of the median of bid + ask: nearer is no spike. Gold has moved 0.43 % from one quote to the next."""
SPIKE_SPREADS = 3.0
"""Median spreads: within them bid + ask wavers where quotes are wide."""
SPIKE_RANGES = 3.0
"""Ranges of the preceding rows' bid + ask but for the two highest and lowest: a fast market goes so far at once."""
LEAP_SHARE = 0.1
"""Of the median: what no market does within eight quotes, and a first digit that slips does; nothing confirms it."""

KEPT, MISSING_FIELD, NON_FINITE, WRONG_DAY, NON_POSITIVE, CROSSED, DUPLICATE, SPIKE, STALE_RUN = range(9)
LATE = -1
"""Older than the last well-formed row; a day in time order has none."""

NO_TIME, NO_BID, NO_ASK, NO_BID_SIZE, NO_ASK_SIZE = 1, 2, 4, 8, 16
"""What a row lacks, as bits of `missing`; the value in its place is never looked at."""
_NO_QUOTE = NO_TIME | NO_BID | NO_ASK
_NO_SIZE = NO_BID_SIZE | NO_ASK_SIZE
_NOT_DELIVERED = -1.0
"""Stands for a missing size among well-formed rows, whose sizes are at least 0."""

_DISTINCT, _KEPT_ROWS, LAST_US, IN_TIME, UNCHANGED, GAP_US, _CLEAN_US = range(7)
_BID, _ASK, _BID_SIZE, _ASK_SIZE = range(7, 11)
_TOTALS = 11
_SPREADS = _TOTALS + LOOKBACK
STATE_SIZE = _SPREADS + LOOKBACK
_SEEN_ROWS, _SEEN_COLUMNS = 16, 5

_compiled = njit(nogil=True, error_model="numpy")
_entry = njit(cache=True, nogil=True, error_model="numpy")


def new_state() -> tuple[Floats, Floats]:
    """`state` and `seen` before a day's first row."""
    return np.zeros(STATE_SIZE), np.full((_SEEN_ROWS, _SEEN_COLUMNS), np.nan)


@_compiled
def _row_local(
    start_us: int,
    end_us: int,
    ts_us: int,
    bid: float,
    ask: float,
    bid_size: float,
    ask_size: float,
    missing: int,
) -> int:
    """The first rule that the row breaks by itself."""
    if missing & _NO_QUOTE:
        return MISSING_FIELD
    has_bid_size, has_ask_size = not missing & NO_BID_SIZE, not missing & NO_ASK_SIZE
    if not (abs(bid) < math.inf and abs(ask) < math.inf):
        return NON_FINITE
    if (has_bid_size and not abs(bid_size) < math.inf) or (has_ask_size and not abs(ask_size) < math.inf):
        return NON_FINITE
    if ts_us < start_us or ts_us >= end_us:
        return WRONG_DAY
    if bid <= 0.0 or ask <= 0.0 or (has_bid_size and bid_size < 0.0) or (has_ask_size and ask_size < 0.0):
        return NON_POSITIVE
    return CROSSED if bid > ask else KEPT


@_compiled
def _bits(value: float) -> int:
    """The pattern of a float64, with one zero."""
    return int(np.float64(value + 0.0).view(np.int64))


@_compiled
def _slot(seen: Floats, ts_us: int, bid: float, ask: float, bid_size: float, ask_size: float) -> int:
    """Where the table holds these values at this time, or where it has room for them."""
    mixed = _bits(bid) ^ (_bits(ask) >> 3) ^ (_bits(bid_size) >> 7) ^ (_bits(ask_size) >> 11)
    mask = len(seen) - 1
    at = (mixed ^ (mixed >> 17) ^ (mixed >> 34)) & mask
    while seen[at, 0] == ts_us and not (
        seen[at, 1] == bid and seen[at, 2] == ask and seen[at, 3] == bid_size and seen[at, 4] == ask_size
    ):
        at = (at + 1) & mask
    return at


@_compiled
def _put(seen: Floats, at: int, ts_us: int, bid: float, ask: float, bid_size: float, ask_size: float) -> None:
    seen[at, 0], seen[at, 1], seen[at, 2], seen[at, 3], seen[at, 4] = ts_us, bid, ask, bid_size, ask_size


@_entry
def grown(state: Floats, seen: Floats) -> Floats:
    """A table of twice the size with the rows of the last time; needed once half of it is taken."""
    wider = np.empty((2 * len(seen), _SEEN_COLUMNS))
    for row in range(len(wider)):
        wider[row, 0] = np.nan
    for row in range(len(seen)):
        if seen[row, 0] == state[LAST_US]:
            values = seen[row, 1], seen[row, 2], seen[row, 3], seen[row, 4]
            _put(wider, _slot(wider, int(seen[row, 0]), *values), int(seen[row, 0]), *values)
    return wider


@_compiled
def _ordered(state: Floats, start: int, count: int) -> Floats:
    """Some values of the state, ascending; infinite ones are possible, NaN is not."""
    values = state[start : start + count].copy()
    for i in range(1, count):
        value, at = values[i], i
        while at > 0 and values[at - 1] > value:
            values[at] = values[at - 1]
            at -= 1
        values[at] = value
    return values


@_compiled
def _is_spike(state: Floats, total: float) -> bool:
    """Whether bid + ask is far from the level before and from the row before, or a leap away from the level.

    A quote near the one before it confirms that one, so of a real jump at most the first is refused.
    """
    count = min(int(state[_DISTINCT]), LOOKBACK)
    if count < LEAST_PRECEDING:
        return False
    # The median is one of these: where none is far, and mostly none is, there is nothing to sort.
    is_near = True
    for at in range(_TOTALS, _TOTALS + count):
        if abs(total - state[at]) > SPIKE_SHARE * state[at]:
            is_near = False
            break
    if is_near:
        return False
    totals, middle = _ordered(state, _TOTALS, count), (count - 1) // 2
    median = totals[middle]
    away = abs(total - median)
    if away > LEAP_SHARE * median:
        return True
    share = SPIKE_SHARE * median
    spreads = SPIKE_SPREADS * _ordered(state, _SPREADS, count)[middle]
    ranges = SPIKE_RANGES * (totals[count - 3] - totals[2])
    step = abs(total - state[_TOTALS + (int(state[_DISTINCT]) - 1) % LOOKBACK])
    if not (away > share and away > spreads and away > ranges):
        return False
    return bool(step > share and step > spreads and step > ranges)


@_compiled
def _judge(
    state: Floats,
    seen: Floats,
    start_us: int,
    end_us: int,
    ts_us: int,
    bid: float,
    ask: float,
    bid_size: float,
    ask_size: float,
    missing: int,
) -> int:
    broken = _row_local(start_us, end_us, ts_us, bid, ask, bid_size, ask_size, missing)
    if broken != KEPT:
        return broken
    distinct = state[_DISTINCT]
    if distinct > 0.0 and ts_us < state[LAST_US]:
        return LATE
    if distinct == 0.0 or ts_us > state[LAST_US]:
        state[LAST_US], state[IN_TIME] = ts_us, 0.0
    if missing & NO_BID_SIZE:
        bid_size = _NOT_DELIVERED
    if missing & NO_ASK_SIZE:
        ask_size = _NOT_DELIVERED
    at = _slot(seen, ts_us, bid, ask, bid_size, ask_size)
    if seen[at, 0] == ts_us:
        return DUPLICATE
    _put(seen, at, ts_us, bid, ask, bid_size, ask_size)
    state[IN_TIME] += 1.0
    is_same = (
        bid == state[_BID]
        and ask == state[_ASK]
        and bid_size == state[_BID_SIZE]
        and ask_size == state[_ASK_SIZE]
    )
    state[UNCHANGED] = state[UNCHANGED] + 1.0 if distinct > 0.0 and is_same else 0.0
    if _is_spike(state, bid + ask):
        broken = SPIKE
    elif state[UNCHANGED] >= LOOKBACK and not missing & _NO_SIZE:
        broken = STALE_RUN
    ring = int(distinct) % LOOKBACK
    state[_TOTALS + ring], state[_SPREADS + ring] = bid + ask, ask - bid
    state[_BID], state[_ASK], state[_BID_SIZE], state[_ASK_SIZE] = bid, ask, bid_size, ask_size
    state[_DISTINCT] = distinct + 1.0
    if broken == KEPT:
        state[GAP_US] = ts_us - state[_CLEAN_US] if state[_KEPT_ROWS] > 0.0 else 0.0
        state[_CLEAN_US] = ts_us
        state[_KEPT_ROWS] += 1.0
    return broken


@_entry
def judge_tick(
    state: Floats,
    seen: Floats,
    start_us: int,
    end_us: int,
    ts_us: int,
    bid: float,
    ask: float,
    bid_size: float,
    ask_size: float,
    missing: int,
) -> int:
    """The code of the day's next row; afterwards `state` has UNCHANGED and GAP_US of a kept one.

    The caller replaces `seen` by a `grown` one when IN_TIME reaches half of its rows.
    """
    return _judge(state, seen, start_us, end_us, ts_us, bid, ask, bid_size, ask_size, missing)


@_entry
def judge_columns(
    state: Floats,
    seen: Floats,
    start_us: int,
    end_us: int,
    ts_us: Ints,
    bid: Floats,
    ask: Floats,
    bid_size: Floats,
    ask_size: Floats,
    missing: NDArray[np.uint8],
    codes: Bytes,
    unchanged: NDArray[np.bool_],
    gap_us: Ints,
) -> Any:
    """Judge the day's next rows, whatever their number, and return the table `seen` to go on with.

    Writes each row's code, and of a kept row whether it equals the distinct row before it and the microseconds since
    the kept row before it. Inputs and outputs have one length.
    """
    rows = len(ts_us)
    if len(state) != STATE_SIZE or seen.shape[1] != _SEEN_COLUMNS or len(seen) & (len(seen) - 1):
        raise ValueError("The state is another kernel's. Expected new_state()")
    if not (
        rows
        == len(bid)
        == len(ask)
        == len(bid_size)
        == len(ask_size)
        == len(missing)
        == len(codes)
        == len(unchanged)
        == len(gap_us)
    ):
        raise ValueError("Expected columns and outputs of one length")
    for i in range(rows):
        if 2 * state[IN_TIME] >= len(seen):
            seen = grown(state, seen)
        codes[i] = _judge(
            state,
            seen,
            start_us,
            end_us,
            ts_us[i],
            bid[i],
            ask[i],
            bid_size[i],
            ask_size[i],
            missing[i],
        )
        unchanged[i] = state[UNCHANGED] > 0.0
        gap_us[i] = int(state[GAP_US])
    return seen
