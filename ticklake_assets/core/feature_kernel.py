"""The compiled kernel from clean quotes to sampled events with features; import it from core.features.

Bits: only + - * / sqrt and comparisons, no fastmath and no reductions, so every chunking of the stream and
every machine gives the same float64 bits. What is compiled into `advance` stays in this file, constants too:
numba's disk cache watches the file of the entry point and would not notice a change elsewhere. The features of
`core/added/features` are the exception, and a digest of their text is part of the cache's key.

Averages are kept per tau, with decay tau / (tau + dt), dt in integer milliseconds: *held* values (mid,
spread) weigh by the time they stood, with tau capped by the day's age; *quote* values (imbalance, direction,
size) are decayed sums over the decayed number of quotes, since each quote is one observation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import NamedTuple

from numba import njit

from ticklake_assets.core import added_steps, declared
from ticklake_assets.core.added import features as added_features
from ticklake_assets.core.schemas import CONTEXT, LABELS, Column
from ticklake_assets.core.tables import Floats, Ints

BUILT_IN_VERSION = "2"
"""Of the features in this file; bump it when their bits change."""

WARM_UP_MS = 900_000.0
"""No event before: after 15 minutes sigma's median error is 12 % (23 % after 5)."""
SAMPLE_MS = 5_000.0
"""Volatility is measured on changes of mid over at least this long: quote to quote is bounce, not risk."""
SIGMA_THRESHOLD, SPREAD_THRESHOLD = 2.0, 1.0
"""An event is a move of max(2 sigma_1m, 1 ew_spread): some 500 a day on quiet and on lively symbols alike."""
LEAST_SIGMA = 1e-6
"""Floor of the volatility unit as a share of the price (0.01 pip of EURUSD): keeps a dead market finite."""
LARGEST_SIZE = 1e9
"""Quoted sizes (millions) are cut here, so that no finite input can overflow."""

_MINUTE = 60_000.0
_TAUS = ("5s", "30s", "1m", "5m", "30m")
_TAU_MS = (5_000.0, 30_000.0, 60_000.0, 300_000.0, 1_800_000.0)
_30S, _1M, _5M, _30M = range(1, 5)

# The state: scalars, then one slot a tau for each average. All zero before the day's first quote.
_TICKS, _FIRST_US, _LAST_US, _MID, _SPREAD, _OPEN, _HIGH, _LOW, _SAMPLE_US, _SAMPLE_MID = range(10)
_RISE_FROM, _FALL_FROM, _EVENT_US, _EVENT_MID, _GAP, _LONG_GAP = range(10, 16)
_HELD_MID, _HELD_SPREAD, _COUNT, _IMBALANCE, _DIRECTION, _SIZE, _SQUARES, _SQUARES_MS = range(16, 56, 5)
_OWN_STATE = 56

_compiled = njit(nogil=True, error_model="numpy")


def _of_sources(sources: str) -> Callable[..., int]:
    """The entry point, which holds `sources` in its closure: numba's cache keys by what a closure holds."""

    def advance(
        state: Floats,
        day_start_us: int,
        ts_us: Ints,
        bid: Floats,
        ask: Floats,
        bid_size: Floats,
        ask_size: Floats,
        out_ts: Ints,
        out_context: Floats,
        out_features: Floats,
    ) -> int:
        """Feed clean quotes in time order, write a row per sampled event, return the number of rows.

        THE entry point: batch passes thousands of quotes, the endpoint one. `state` is changed in place. The
        outputs need a row per quote passed, as each could be an event; rows beyond the count hold nothing.
        """
        if len(state) != STATE_SIZE or out_context.shape[1] != 5 or out_features.shape[1] != _FEATURE_COUNT:
            raise ValueError(
                "The state or an output is another kernel's. Expected new_state(), empty_events()"
            )
        rows = min(len(out_ts), len(out_context), len(out_features))
        if not (len(ts_us) == len(bid) == len(ask) == len(bid_size) == len(ask_size) <= rows):
            raise ValueError("Expected five quote columns of one length and an output row for each quote")
        count = 0 * len(sources)  # named, or Python would not put it into the closure
        for i in range(len(ts_us)):
            total = bid_size[i] + ask_size[i]
            imbalance = (bid_size[i] - ask_size[i]) / total if total > 0.0 else 0.0
            total = min(total, LARGEST_SIZE)
            is_first = ts_us[i] > state[_LAST_US]
            _update(state, ts_us[i], bid[i], ask[i], imbalance, total)
            sigma = _sigma(state, _30M)
            side, excess = _cross(state, sigma, is_first)
            known = known_of(state)
            _added(
                state,
                out_features,
                count,
                day_start_us,
                ts_us[i],
                bid[i],
                ask[i],
                bid_size[i],
                ask_size[i],
                known,
            )
            if side == 0.0:
                continue
            out_ts[count] = ts_us[i]
            _write(out_context[count], 0, (bid[i], ask[i], state[_MID], sigma, state[_HELD_SPREAD + _1M]))
            unit = max(sigma, LEAST_SIGMA * state[_MID])
            row, at = out_features[count], 0
            for tau in range(len(_TAU_MS)):
                at = _write(row, at, _per_tau(state, unit, tau))
            at = _write(row, at, _price(state, unit, side, excess))
            at = _write(row, at, _flow(state, unit, imbalance, total))
            _write(row, at, _session(ts_us[i] - day_start_us, day_start_us))
            state[_EVENT_US], state[_EVENT_MID] = ts_us[i], state[_MID]
            count += 1
        return count

    return advance


@_compiled
def _update(state: Floats, ts_us: int, bid: float, ask: float, imbalance: float, total: float) -> None:
    """Move the averages on to this quote: held values up to it, quote values including it."""
    mid = (bid + ask) * 0.5
    if state[_TICKS] == 0.0:
        state[_FIRST_US] = state[_LAST_US] = state[_SAMPLE_US] = ts_us
        state[_MID] = state[_OPEN] = state[_HIGH] = state[_LOW] = mid
        state[_SAMPLE_MID] = state[_RISE_FROM] = state[_FALL_FROM] = mid
    dt = _ms(state[_LAST_US], ts_us)
    age = _ms(state[_FIRST_US], state[_LAST_US])
    direction = 1.0 if mid > state[_MID] else -1.0 if mid < state[_MID] else 0.0
    since_sample = _ms(state[_SAMPLE_US], ts_us)
    for h in range(len(_TAU_MS)):
        tau = _TAU_MS[h]
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
    state[_LONG_GAP] = max(dt, state[_LONG_GAP] * (_TAU_MS[_30M] / (_TAU_MS[_30M] + dt)))
    state[_MID], state[_SPREAD], state[_LAST_US] = mid, ask - bid, ts_us
    state[_HIGH], state[_LOW] = max(state[_HIGH], mid), min(state[_LOW], mid)
    state[_TICKS] += 1.0


@_compiled
def _cross(state: Floats, sigma: float, is_first: bool) -> tuple[float, float]:  # noqa: FBT001 - compiled
    """Side (1 up, -1 down, 0 none) and overshoot of the CUSUM filter; an event restarts both of its sides.

    Lopez de Prado, Advances in Financial Machine Learning (2018), 2.5.2.1: the sum of changes floored at zero
    is the rise from the lowest mid since the restart.
    """
    mid = state[_MID]
    if _ms(state[_FIRST_US], state[_LAST_US]) < WARM_UP_MS:
        state[_RISE_FROM] = state[_FALL_FROM] = mid
        return 0.0, 0.0
    state[_RISE_FROM], state[_FALL_FROM] = min(state[_RISE_FROM], mid), max(state[_FALL_FROM], mid)
    rise, fall = mid - state[_RISE_FROM], state[_FALL_FROM] - mid
    threshold = max(SIGMA_THRESHOLD * sigma, SPREAD_THRESHOLD * state[_HELD_SPREAD + _1M])
    move = max(rise, fall)
    # Only the first quote of a timestamp makes an event, so that ts_event, the key of gold, names one quote and
    # says for simulator and bridge alike what came before it. A dead market (threshold 0) still needs a move.
    if move < threshold or move <= 0.0 or not is_first:
        return 0.0, 0.0
    state[_RISE_FROM] = state[_FALL_FROM] = mid
    return (1.0 if rise >= fall else -1.0), move - threshold


@_compiled
def _ms(from_us: float, to_us: float) -> float:
    """Whole milliseconds between two times; never negative."""
    return float(max(int(to_us) // 1000 - int(from_us) // 1000, 0))


@_compiled
def _ratio(a: float, b: float) -> float:
    return a / b if b > 0.0 else 0.0


@_compiled
def _sigma(state: Floats, tau: int) -> float:
    """Standard deviation of a one-minute change, price units, from the changes sampled over a tau."""
    return math.sqrt(_ratio(state[_SQUARES + tau], state[_SQUARES_MS + tau]) * _MINUTE)


@_compiled
def known_of(state: Floats) -> tuple[float, float, float]:
    """Mid, sigma_1m and ew_spread, price units: what a declared feature is told of the state."""
    return state[_MID], _sigma(state, _30M), state[_HELD_SPREAD + _1M]


@_compiled
def _per_quote(state: Floats, what: int, tau: int) -> float:
    """Mean per quote of a decayed sum."""
    return float(state[what + tau] / state[_COUNT + tau])


@_compiled
def _write(row: Floats, at: int, values: tuple[float, ...]) -> int:
    for value in values:
        row[at] = value
        at += 1
    return at


# Each group is its names with their meaning and, right below, the values in the same order. A *volatility* is
# sigma_1m, floored by LEAST_SIGMA, times the square root of the time named.

_PER_TAU = (
    ("momentum_{}", "mid less its {} average, in volatilities of {}"),
    ("imbalance_{}", "imbalance per quote, {} average"),
)


@_compiled
def _per_tau(state: Floats, unit: float, tau: int) -> tuple[float, ...]:
    return (
        (state[_MID] - state[_HELD_MID + tau]) / (unit * math.sqrt(_TAU_MS[tau] / _MINUTE)),
        _per_quote(state, _IMBALANCE, tau),
    )


_PRICE = (
    ("return_since_event", "change of mid since the day's previous event, in volatilities; 0 for the first"),
    ("return_of_day", "change of mid since the day's first quote, in volatilities of the time since"),
    ("event_side", "1 where the event is a rise, -1 where it is a fall"),
    ("event_excess", "move beyond the event's threshold, in volatilities: large for a jump"),
    ("sigma_bp", "sigma_1m as a share of the price, basis points"),
    ("sigma_ratio_1m", "volatility of the last minute over that of 30 min"),
    ("sigma_ratio_5m", "volatility of the last 5 min over that of 30 min"),
    ("range_of_day", "highest less lowest mid of the day, in volatilities of the day's age"),
    ("place_in_range", "where mid lies in the day's range, 0 lowest to 1 highest"),
    ("spread_sigma", "spread in volatilities: what a round turn costs"),
    ("spread_ratio_1m", "spread over its 1 min average"),
    ("spread_ratio_30m", "1 min average of the spread over its 30 min average"),
)


@_compiled
def _price(state: Floats, unit: float, side: float, excess: float) -> tuple[float, ...]:
    day_unit = unit * math.sqrt(_ms(state[_FIRST_US], state[_LAST_US]) / _MINUTE)
    wide = state[_HIGH] - state[_LOW]
    return (
        (state[_MID] - state[_EVENT_MID]) / unit if state[_EVENT_US] > 0.0 else 0.0,
        (state[_MID] - state[_OPEN]) / day_unit,
        side,
        excess / unit,
        1e4 * unit / state[_MID],
        _ratio(_sigma(state, _1M), _sigma(state, _30M)),
        _ratio(_sigma(state, _5M), _sigma(state, _30M)),
        wide / day_unit,
        _ratio(state[_MID] - state[_LOW], wide),
        state[_SPREAD] / unit,
        _ratio(state[_SPREAD], state[_HELD_SPREAD + _1M]),
        _ratio(state[_HELD_SPREAD + _1M], state[_HELD_SPREAD + _30M]),
    )


_FLOW = (
    ("imbalance", "(bid_size - ask_size) / (bid_size + ask_size) of the event's quote; 0 where both are 0"),
    ("microprice_gap", "size-weighted mid less mid, in volatilities"),
    ("size_share", "quoted size over itself plus its 5 min mean: 0.5 is usual, 1 is huge; 0 without sizes"),
    ("direction_30s", "rises less falls of mid per quote, 30 s"),
    ("direction_5m", "rises less falls of mid per quote, 5 min"),
    ("tick_rate", "quotes a minute over 30 min"),
    ("tick_rate_ratio_30s", "quote rate of 30 s over that of 30 min"),
    ("gap", "seconds since the previous quote"),
    ("longest_gap", "longest gap between quotes, seconds, fading with tau 30 min"),
    ("since_event", "minutes since the day's previous event; since the first quote for the first event"),
)


@_compiled
def _flow(state: Floats, unit: float, imbalance: float, total: float) -> tuple[float, ...]:
    slow = state[_COUNT + _30M] / _TAU_MS[_30M]
    since = state[_EVENT_US] if state[_EVENT_US] > 0.0 else state[_FIRST_US]
    return (
        imbalance,
        0.5 * imbalance * state[_SPREAD] / unit,
        _ratio(total, total + _per_quote(state, _SIZE, _5M)),
        _per_quote(state, _DIRECTION, _30S),
        _per_quote(state, _DIRECTION, _5M),
        slow * _MINUTE,
        state[_COUNT + _30S] / _TAU_MS[_30S] / slow,
        state[_GAP] / 1000.0,
        state[_LONG_GAP] / 1000.0,
        _ms(since, state[_LAST_US]) / _MINUTE,
    )


_SESSION = (
    ("day_fraction", "share of the UTC day that has passed"),
    *((f"near_{at:02}h", f"1 at {at:02}:00 UTC, falling to 0 three hours away") for at in (0, 6, 12, 16, 20)),
    ("weekday", "0 Monday to 6 Sunday"),
)


@_compiled
def _session(since_midnight_us: int, day_start_us: int) -> tuple[float, ...]:
    hour = since_midnight_us // 1000 / 3_600_000.0
    weekday = (day_start_us // 86_400_000_000 + 3) % 7  # the epoch was a Thursday
    near = (_near(hour, 0.0), _near(hour, 6.0), _near(hour, 12.0), _near(hour, 16.0), _near(hour, 20.0))
    return (hour / 24.0, *near, float(weekday))


@_compiled
def _near(hour: float, centre: float) -> float:
    apart = abs(hour - centre)
    return max(0.0, 1.0 - min(apart, 24.0 - apart) / 3.0)


_EVERY_TAU = tuple((name.format(tau), doc.format(tau, tau)) for tau in _TAUS for name, doc in _PER_TAU)
BUILT_IN = tuple(Column(name, "float64", doc) for name, doc in _EVERY_TAU + _PRICE + _FLOW + _SESSION)
"""The features of this file, in the order of the kernel's columns."""


class Kernel(NamedTuple):
    """An entry point with what a caller must hold for it."""

    advance: Callable[..., int]
    columns: tuple[Column, ...]
    """Features, in the order of the entry point's output."""
    state_size: int


RESERVED = (*LABELS, *CONTEXT, *BUILT_IN)
"""Columns of gold's own, whose names nothing that is added may have."""
_ADDED = added_steps.added_steps(
    declared.added(added_features, declared.Feature, RESERVED),
    _OWN_STATE,
    len(BUILT_IN),
    declared.sources_digest(added_steps, declared, *declared.modules_of(added_features)),
)
_added = _ADDED.run
FEATURES = BUILT_IN + _ADDED.columns
"""What the model sees, in the order of the kernel's columns."""
_FEATURE_COUNT, STATE_SIZE = len(FEATURES), _OWN_STATE + _ADDED.slots
KERNEL_VERSION = BUILT_IN_VERSION + (f"+{_ADDED.sources[:8]}" if _ADDED.columns else "")
"""Recorded with every feature, model and bundle; with added features it changes as often as their text."""

_advance = _of_sources(_ADDED.sources)
advance = njit(cache=True, nogil=True, error_model="numpy")(_advance)
KERNEL = Kernel(advance, FEATURES, STATE_SIZE)


def kernel_with(features: Sequence[declared.Feature]) -> Kernel:
    """The same kernel with these declared features in place of those in `core/added`; compiled anew, 10 s."""
    steps = added_steps.added_steps(features, _OWN_STATE, len(BUILT_IN), "")
    columns, state_size = BUILT_IN + steps.columns, _OWN_STATE + steps.slots
    own = {"_added": steps.run, "_FEATURE_COUNT": len(columns), "STATE_SIZE": state_size}
    closure = _advance.__closure__
    entry = FunctionType(_advance.__code__, {**globals(), **own}, closure=closure)
    return Kernel(_compiled(entry), columns, state_size)
