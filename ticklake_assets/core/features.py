"""Turn clean quotes into sampled events with features: the one compiled kernel of batch, simulation and endpoint.

Bits: only + - * / sqrt and comparisons, no fastmath and no reductions, so every chunking of the stream and every
machine gives the same float64 bits. Whatever is compiled into `advance` stays in this file, constants included:
numba's disk cache watches the file of the entry point and would not notice a change elsewhere.

Two averages are kept per horizon, both with decay tau / (tau + dt), dt in integer milliseconds: *held* values (mid,
spread) weigh by the time they stood, with tau capped by the day's age; *tick* values (imbalance, direction, size)
are decayed sums over the decayed number of quotes. Adding a feature: one column and one value beside each other in
its group below, then a new KERNEL_VERSION, the pinned bits of the test and docs/features.md.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from ticklake_assets.core.schemas import PARTITION, Column
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats, Ints, Quotes

KERNEL_VERSION = "1"
"""Recorded with every feature, model and bundle; bump it when bits change."""

WARM_UP_MS = 900_000.0
"""No event before: after 15 minutes sigma's median error is 12 % (23 % after 5)."""
SAMPLE_MS = 5_000.0
"""Volatility is measured on mid changes over at least this long: tick to tick is bounce, not risk."""
SIGMA_THRESHOLD, SPREAD_THRESHOLD = 2.0, 1.0
"""An event is a move of max(2 sigma_1m, 1 ew_spread): about 500 a day on quiet and on lively symbols alike."""
LEAST_SIGMA = 1e-6
"""Floor of the volatility unit as a share of the price (0.01 pip of EURUSD): keeps a dead market finite."""
LARGEST_SIZE = 1e9
"""Quoted sizes (millions) are cut here, so that no finite input can overflow."""

_MINUTE = 60_000.0
_HORIZONS = (5_000.0, 30_000.0, 60_000.0, 300_000.0, 1_800_000.0)
_S5, _S30, _M1, _M5, _M30 = range(5)

# The state: scalars, then one slot a horizon for each average. All zero before the day's first quote.
_TICKS, _FIRST_US, _LAST_US, _MID, _SPREAD, _OPEN, _HIGH, _LOW, _SAMPLE_US, _SAMPLE_MID = range(10)
_RISE_FROM, _FALL_FROM, _EVENT_US, _EVENT_MID, _GAP, _LONG_GAP = range(10, 16)
_HELD_MID, _HELD_SPREAD, _COUNT, _IMBALANCE, _DIRECTION, _SIZE, _SQUARES, _SQUARES_MS = range(16, 56, 5)
_STATE_SIZE = 56


class DayFeatures(NamedTuple):
    """The events of one day, in time order; `ts_us` increases strictly."""

    ts_us: Ints
    context: Floats
    """Shape (n, len(CONTEXT)): the quote and scales that labels and orders are made from."""
    features: Floats
    """Shape (n, len(FEATURES)); finite."""


def new_state() -> Floats:
    """State before a day's first quote; `state.tobytes()` resumes on any machine with the same bits."""
    return np.zeros(_STATE_SIZE, dtype=np.float64)


def features_of_day(day: SymbolDay, quotes: Quotes, chunk: int = 8192) -> DayFeatures:
    """Run the kernel over a whole day; `chunk` bounds memory and cannot change a bit."""
    state = new_state()
    ts, *columns = (np.require(column, requirements=["C", "W"]) for column in quotes)
    out = _buffers(min(chunk, len(ts)))
    parts = [_buffers(0)]
    for start in range(0, len(ts), chunk):
        part = slice(start, start + chunk)
        count = advance(state, day.start_us, ts[part], *(column[part] for column in columns), *out)
        parts.append(DayFeatures(*(column[:count].copy() for column in out)))
    return DayFeatures(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _buffers(rows: int) -> DayFeatures:
    return DayFeatures(
        np.empty(rows, dtype=np.int64), np.empty((rows, len(CONTEXT))), np.empty((rows, len(FEATURES)))
    )


@njit(cache=True, nogil=True, error_model="numpy")
def advance(state, day_start_us, ts_us, bid, ask, bid_size, ask_size, out_ts, out_context, out_features):
    """Feed clean quotes in time order, write a row per sampled event, return the number of rows.

    THE entry point: batch passes thousands of quotes, the endpoint one. The outputs need a row per quote passed,
    since each could be an event; rows beyond the returned count are left as they were. `state` is changed in place.
    """
    if len(state) != _STATE_SIZE:
        raise ValueError("The state has another kernel's size. Expected the result of new_state()")
    if not (len(ts_us) == len(bid) == len(ask) == len(bid_size) == len(ask_size)):
        raise ValueError("Expected five quote columns of one length")
    if min(len(out_ts), len(out_context), len(out_features)) < len(ts_us):
        raise ValueError("Expected output rows for every quote passed")
    count = 0
    for i in range(len(ts_us)):
        total = bid_size[i] + ask_size[i]
        imbalance = (bid_size[i] - ask_size[i]) / total if total > 0.0 else 0.0
        total = min(total, LARGEST_SIZE)
        _update(state, ts_us[i], bid[i], ask[i], imbalance, total)
        sigma = _sigma(state, _M30)
        side, excess = _cross(state, sigma)
        if side == 0.0:
            continue
        out_ts[count] = ts_us[i]
        ew_spread = state[_HELD_SPREAD + _M1]
        _write(out_context[count], 0, (bid[i], ask[i], state[_MID], sigma, ew_spread))
        unit = max(sigma, LEAST_SIGMA * state[_MID])
        row, at = out_features[count], 0
        at = _write(row, at, _price(state, unit, side, excess))
        at = _write(row, at, _volatility(state, unit))
        at = _write(row, at, _spread(state, unit))
        at = _write(row, at, _book(state, unit, imbalance, total))
        at = _write(row, at, _activity(state))
        _write(row, at, _session(ts_us[i] - day_start_us, day_start_us))
        state[_EVENT_US], state[_EVENT_MID] = ts_us[i], state[_MID]
        count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def _update(state, ts_us, bid, ask, imbalance, total):
    """Move the averages on to this quote: held values up to it, tick values including it."""
    mid = (bid + ask) * 0.5
    if state[_TICKS] == 0.0:
        state[_FIRST_US] = state[_LAST_US] = state[_SAMPLE_US] = ts_us
        state[_MID] = state[_OPEN] = state[_HIGH] = state[_LOW] = mid
        state[_SAMPLE_MID] = state[_RISE_FROM] = state[_FALL_FROM] = mid
        for h in range(len(_HORIZONS)):
            state[_HELD_MID + h], state[_HELD_SPREAD + h] = mid, ask - bid
    dt = _ms(state[_LAST_US], ts_us)
    age = _ms(state[_FIRST_US], state[_LAST_US])
    change = mid - state[_MID]
    direction = 1.0 if change > 0.0 else -1.0 if change < 0.0 else 0.0
    since_sample = _ms(state[_SAMPLE_US], ts_us)
    for h in range(len(_HORIZONS)):
        tau = _HORIZONS[h]
        decay = tau / (tau + dt)
        if dt > 0.0:
            weight = dt / (min(tau, age) + dt)
            state[_HELD_MID + h] += weight * (state[_MID] - state[_HELD_MID + h])
            state[_HELD_SPREAD + h] += weight * (state[_SPREAD] - state[_HELD_SPREAD + h])
        state[_COUNT + h] = state[_COUNT + h] * decay + 1.0
        state[_IMBALANCE + h] = state[_IMBALANCE + h] * decay + imbalance
        state[_DIRECTION + h] = state[_DIRECTION + h] * decay + direction
        state[_SIZE + h] = state[_SIZE + h] * decay + total
        if since_sample >= SAMPLE_MS:
            step = mid - state[_SAMPLE_MID]
            decay = tau / (tau + since_sample)
            state[_SQUARES + h] = state[_SQUARES + h] * decay + step * step
            state[_SQUARES_MS + h] = state[_SQUARES_MS + h] * decay + since_sample
    if since_sample >= SAMPLE_MS:
        state[_SAMPLE_US], state[_SAMPLE_MID] = ts_us, mid
    state[_GAP] = dt
    state[_LONG_GAP] = max(dt, state[_LONG_GAP] * (_HORIZONS[_M30] / (_HORIZONS[_M30] + dt)))
    state[_MID], state[_SPREAD], state[_LAST_US] = mid, ask - bid, ts_us
    state[_HIGH], state[_LOW] = max(state[_HIGH], mid), min(state[_LOW], mid)
    state[_TICKS] += 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def _cross(state, sigma):
    """Side (1 up, -1 down, 0 none) and overshoot of the CUSUM filter; an event restarts both of its sides.

    Lopez de Prado, Advances in Financial Machine Learning (2018), 2.5.2.1: the sum of changes floored at zero is the
    rise from the lowest mid since the restart.
    """
    mid = state[_MID]
    if _ms(state[_FIRST_US], state[_LAST_US]) < WARM_UP_MS:
        state[_RISE_FROM] = state[_FALL_FROM] = mid
        return 0.0, 0.0
    state[_RISE_FROM], state[_FALL_FROM] = min(state[_RISE_FROM], mid), max(state[_FALL_FROM], mid)
    rise, fall = mid - state[_RISE_FROM], state[_FALL_FROM] - mid
    threshold = max(SIGMA_THRESHOLD * sigma, SPREAD_THRESHOLD * state[_HELD_SPREAD + _M1])
    move = max(rise, fall)
    # One row a timestamp: ts_event is the key of gold. A dead market (threshold 0) still needs a move.
    if move < threshold or move <= 0.0 or state[_LAST_US] <= state[_EVENT_US]:
        return 0.0, 0.0
    state[_RISE_FROM] = state[_FALL_FROM] = mid
    return (1.0 if rise >= fall else -1.0), move - threshold


@njit(cache=True, nogil=True)
def _ms(from_us, to_us):
    """Whole milliseconds between two times, as a float; never negative."""
    return float(max(int(to_us) // 1000 - int(from_us) // 1000, 0))


@njit(cache=True, nogil=True, error_model="numpy")
def _ratio(a, b):
    return a / b if b > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _sigma(state, h):
    """Standard deviation of a one-minute change, price units, from sampled changes over horizon `h`."""
    return np.sqrt(_ratio(state[_SQUARES + h], state[_SQUARES_MS + h]) * _MINUTE)


@njit(cache=True, nogil=True)
def _write(row, at, values):
    for value in values:
        row[at] = value
        at += 1
    return at


def _columns(*pairs: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, "float64", doc) for name, doc in pairs)


CONTEXT = _columns(
    ("bid", "the event's bid, price units"),
    ("ask", "the event's ask, price units"),
    ("mid", "(bid + ask) / 2, price units"),
    ("sigma_1m", "standard deviation of a one-minute change of mid, tau 30 min, price units"),
    ("ew_spread", "time-weighted spread, tau 1 min, price units"),
)
"""What labels and orders need besides the features; never fed to a model."""

# Each group: its columns, then the values in the same order. "Volatility" is sigma_1m (floored); taus in the names.
_PRICE = _columns(
    ("momentum_5s", "mid less its 5 s average, in volatilities of 5 s"),
    ("momentum_30s", "mid less its 30 s average, in volatilities of 30 s"),
    ("momentum_1m", "mid less its 1 min average, in volatilities of 1 min"),
    ("momentum_5m", "mid less its 5 min average, in volatilities of 5 min"),
    ("momentum_30m", "mid less its 30 min average, in volatilities of 30 min"),
    ("return_since_event", "change of mid since the day's previous event, in volatilities; 0 for the first"),
    ("return_of_day", "change of mid since the day's first quote, in volatilities of the time since"),
    ("event_side", "1 where the event is a rise, -1 where it is a fall"),
    ("event_excess", "move beyond the event's threshold, in volatilities: large for a jump"),
)


@njit(cache=True, nogil=True, error_model="numpy")
def _price(state, unit, side, excess):
    mid, age = state[_MID], _ms(state[_FIRST_US], state[_LAST_US])
    since_event = mid - state[_EVENT_MID] if state[_EVENT_US] > 0.0 else 0.0
    return (
        (mid - state[_HELD_MID + _S5]) / (unit * np.sqrt(_HORIZONS[_S5] / _MINUTE)),
        (mid - state[_HELD_MID + _S30]) / (unit * np.sqrt(_HORIZONS[_S30] / _MINUTE)),
        (mid - state[_HELD_MID + _M1]) / (unit * np.sqrt(_HORIZONS[_M1] / _MINUTE)),
        (mid - state[_HELD_MID + _M5]) / (unit * np.sqrt(_HORIZONS[_M5] / _MINUTE)),
        (mid - state[_HELD_MID + _M30]) / (unit * np.sqrt(_HORIZONS[_M30] / _MINUTE)),
        since_event / unit,
        (mid - state[_OPEN]) / (unit * np.sqrt(age / _MINUTE)),
        side,
        excess / unit,
    )


_VOLATILITY = _columns(
    ("sigma_bp", "sigma_1m as a share of the price, basis points"),
    ("sigma_ratio_1m", "volatility of the last minute over that of 30 min"),
    ("sigma_ratio_5m", "volatility of the last 5 min over that of 30 min"),
    ("range_of_day", "highest less lowest mid of the day, in volatilities of the day's age"),
    ("place_in_range", "where mid lies in the day's range, 0 lowest to 1 highest"),
)


@njit(cache=True, nogil=True, error_model="numpy")
def _volatility(state, unit):
    age, wide = _ms(state[_FIRST_US], state[_LAST_US]), state[_HIGH] - state[_LOW]
    return (
        1e4 * unit / state[_MID],
        _ratio(_sigma(state, _M1), _sigma(state, _M30)),
        _ratio(_sigma(state, _M5), _sigma(state, _M30)),
        wide / (unit * np.sqrt(age / _MINUTE)),
        _ratio(state[_MID] - state[_LOW], wide),
    )


_SPREAD_GROUP = _columns(
    ("spread_sigma", "spread in volatilities: what a round turn costs"),
    ("spread_ratio_1m", "spread over its 1 min average"),
    ("spread_ratio_30m", "1 min average of the spread over its 30 min average"),
)


@njit(cache=True, nogil=True, error_model="numpy")
def _spread(state, unit):
    return (
        state[_SPREAD] / unit,
        _ratio(state[_SPREAD], state[_HELD_SPREAD + _M1]),
        _ratio(state[_HELD_SPREAD + _M1], state[_HELD_SPREAD + _M30]),
    )


_BOOK = _columns(
    ("imbalance", "(bid_size - ask_size) / (bid_size + ask_size) of the event's quote; 0 where both are 0"),
    ("imbalance_5s", "imbalance per quote, 5 s"),
    ("imbalance_30s", "imbalance per quote, 30 s"),
    ("imbalance_1m", "imbalance per quote, 1 min"),
    ("imbalance_5m", "imbalance per quote, 5 min"),
    ("imbalance_30m", "imbalance per quote, 30 min"),
    ("microprice_gap", "size-weighted mid less mid, in volatilities"),
    ("size_share", "quoted size over itself plus its 5 min mean: 0.5 is usual, 1 is huge; 0 without sizes"),
)


@njit(cache=True, nogil=True, error_model="numpy")
def _book(state, unit, imbalance, total):
    mean = state[_SIZE + _M5] / state[_COUNT + _M5]
    return (
        imbalance,
        state[_IMBALANCE + _S5] / state[_COUNT + _S5],
        state[_IMBALANCE + _S30] / state[_COUNT + _S30],
        state[_IMBALANCE + _M1] / state[_COUNT + _M1],
        state[_IMBALANCE + _M5] / state[_COUNT + _M5],
        state[_IMBALANCE + _M30] / state[_COUNT + _M30],
        0.5 * imbalance * state[_SPREAD] / unit,
        _ratio(total, total + mean),
    )


_ACTIVITY = _columns(
    ("tick_rate", "quotes a minute over 30 min"),
    ("tick_rate_ratio_30s", "quote rate of 30 s over that of 30 min"),
    ("direction_30s", "rises less falls of mid per quote, 30 s"),
    ("direction_5m", "rises less falls of mid per quote, 5 min"),
    ("gap", "seconds since the previous quote"),
    ("longest_gap", "longest gap between quotes, seconds, fading with tau 30 min"),
    ("since_event", "minutes since the day's previous event, since the first quote for the first event"),
)


@njit(cache=True, nogil=True, error_model="numpy")
def _activity(state):
    slow = state[_COUNT + _M30] / _HORIZONS[_M30]
    since = state[_EVENT_US] if state[_EVENT_US] > 0.0 else state[_FIRST_US]
    return (
        slow * _MINUTE,
        state[_COUNT + _S30] / _HORIZONS[_S30] / slow,
        state[_DIRECTION + _S30] / state[_COUNT + _S30],
        state[_DIRECTION + _M5] / state[_COUNT + _M5],
        state[_GAP] / 1000.0,
        state[_LONG_GAP] / 1000.0,
        _ms(since, state[_LAST_US]) / _MINUTE,
    )


_SESSION = _columns(
    ("day_fraction", "share of the UTC day that has passed"),
    *(
        (f"near_{hour:02}h", f"1 at {hour:02}:00 UTC, falling to 0 three hours away")
        for hour in (0, 6, 12, 16, 20)
    ),
    ("weekday", "0 Monday to 6 Sunday"),
)


@njit(cache=True, nogil=True)
def _session(since_midnight_us, day_start_us):
    hour = since_midnight_us // 1000 / 3_600_000.0
    weekday = (day_start_us // 86_400_000_000 + 3) % 7  # the epoch was a Thursday
    near = (_near(hour, 0.0), _near(hour, 6.0), _near(hour, 12.0), _near(hour, 16.0), _near(hour, 20.0))
    return (hour / 24.0, *near, float(weekday))


@njit(cache=True, nogil=True)
def _near(hour, centre):
    apart = abs(hour - centre)
    return max(0.0, 1.0 - min(apart, 24.0 - apart) / 3.0)


FEATURES = _PRICE + _VOLATILITY + _SPREAD_GROUP + _BOOK + _ACTIVITY + _SESSION
"""What the model sees, in the order of the kernel's columns."""

FEATURE_TABLE = (
    *PARTITION,
    Column("ts_event", "timestamp_us", "time of the quote that made the event"),
    *CONTEXT,
    *FEATURES,
)
"""`gold/features`: one row an event; key (`symbol`, `ts_event`), nothing is missing, nothing is NaN."""
