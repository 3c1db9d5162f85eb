"""Executable labels: the outcome of a long and of a short order at every event (core.orders' table)."""

from __future__ import annotations

from math import isfinite, sqrt
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ticklake_assets.core.calendar import close_us
from ticklake_assets.core.costs import net_result, trade_costs
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.orders import (
    DAY_END,
    DAY_END_MARGIN_US,
    LONG,
    NOWHERE,
    SHORT,
    TARGET,
    Orders,
    one_width_on_grid,
    orders_at,
    walk_all,
    width_on_grid,
)
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Bytes, DayFeatures, Floats, Ints, OrderOutcomes, Quotes

SHORT_WINS, NEITHER, LONG_WINS = 0, 1, 2

LONG_HORIZON_MIN, SHORT_HORIZON_MIN = 30, 15
CHEAP_SPREAD_SIGMAS = 0.5
"""The short horizon where ew_spread is below this many sigma_1m: there costs don't eat the smaller move."""
WIDTH_SIGMAS, WIDTH_SPREADS = 0.7, 3.0
"""Barriers at 0.7 of the horizon's volatility, at least 3 spreads: some 27 % target, 49 % stop, 24 % time."""
_MINUTE_US = 60_000_000
_T = TypeVar("_T", np.int64, np.float64)


class DayLabels(NamedTuple):
    """Labels of a day's events, row by row as `DayFeatures`; `schemas.LABELS` without its keys."""

    width: Floats
    horizon_us: Ints
    long: OrderOutcomes
    short: OrderOutcomes
    outcome: Bytes
    """0 short wins, 1 neither, 2 long wins."""
    known_at_us: Ints
    """When both orders' outcomes are known; inside the day."""


def order_constants() -> dict[str, float]:
    """What decides width, horizon and end of every order beside the instrument: part of label version and bundle."""
    return {
        "long_horizon_min": LONG_HORIZON_MIN,
        "short_horizon_min": SHORT_HORIZON_MIN,
        "cheap_spread_sigmas": CHEAP_SPREAD_SIGMAS,
        "width_sigmas": WIDTH_SIGMAS,
        "width_spreads": WIDTH_SPREADS,
        "day_end_margin_us": DAY_END_MARGIN_US,
    }


def horizon_us(sigma_1m: Floats, ew_spread: Floats) -> Ints:
    """Longest holding time of each event's orders, microseconds."""
    minutes = np.where(ew_spread < CHEAP_SPREAD_SIGMAS * sigma_1m, SHORT_HORIZON_MIN, LONG_HORIZON_MIN)
    return minutes.astype(np.int64) * _MINUTE_US


def barrier_width(sigma_1m: Floats, spread: Floats, horizon: Ints, instrument: Instrument) -> Floats:
    """Distance of stop and target from the anchor, price units: max(0.7 sigma sqrt(h), 3 spread)."""
    move = WIDTH_SIGMAS * sigma_1m * np.sqrt(horizon / _MINUTE_US)
    return width_on_grid(np.maximum(move, WIDTH_SPREADS * spread), instrument)


def one_barrier(sigma_1m: float, spread: float, instrument: Instrument) -> tuple[float, int]:
    """`barrier_width` and `horizon_us` of one event in plain Python, the same bits; what is not finite stays so."""
    horizon = _MINUTE_US * (
        SHORT_HORIZON_MIN if spread < CHEAP_SPREAD_SIGMAS * sigma_1m else LONG_HORIZON_MIN
    )
    if not isfinite(sigma_1m + spread):
        return sigma_1m + spread, horizon
    move = WIDTH_SIGMAS * sigma_1m * sqrt(horizon / _MINUTE_US)
    return one_width_on_grid(max(move, WIDTH_SPREADS * spread), instrument), horizon


def day_end_us(day: SymbolDay, instrument: Instrument) -> int:
    """When positions of the day are closed: the calendar's close less a minute."""
    return close_us(instrument.calendar, day) - DAY_END_MARGIN_US


def label_day(day: SymbolDay, quotes: Quotes, events: DayFeatures, instrument: Instrument) -> DayLabels:
    """Label every event of a day from that day's quotes alone: nothing looks past midnight."""
    bid, ask, _, sigma_1m, ew_spread = events.context.T
    horizon = horizon_us(sigma_1m, ew_spread)
    width = barrier_width(sigma_1m, ew_spread, horizon, instrument)
    return label_orders(day, quotes, events.ts_us, bid, ask, width, horizon, instrument)


def label_orders(
    day: SymbolDay,
    quotes: Quotes,
    ts_us: Ints,
    bid: Floats,
    ask: Floats,
    width: Floats,
    horizon: Ints,
    instrument: Instrument,
) -> DayLabels:
    """Label events of a day whose orders have these barriers and horizons."""
    long, long_known = _outcomes(
        day, quotes, ts_us, orders_at(LONG, ts_us, bid, ask, width, horizon, instrument), instrument
    )
    short, short_known = _outcomes(
        day, quotes, ts_us, orders_at(SHORT, ts_us, bid, ask, width, horizon, instrument), instrument
    )
    outcome = np.full(len(width), NEITHER, dtype=np.int8)
    outcome[(short.outcome == TARGET) & (short.net > 0)] = SHORT_WINS
    outcome[(long.outcome == TARGET) & (long.net > 0)] = LONG_WINS
    return DayLabels(width, horizon, long, short, outcome, np.maximum(long_known, short_known))


def _outcomes(
    day: SymbolDay, quotes: Quotes, ts_us: Ints, orders: Orders, instrument: Instrument
) -> tuple[OrderOutcomes, Ints]:
    """Outcomes of one side's orders, and when each is known."""
    ts, bid, ask, _, _ = quotes.for_kernels()
    start, day_end = np.searchsorted(ts, ts_us), day_end_us(day, instrument)
    outcome, entry_at, exit_at = walk_all(ts, bid, ask, start, *orders, day_end)
    entered, decided = entry_at != NOWHERE, exit_at != NOWHERE
    into, out_of = (ask, bid) if orders.side == LONG else (bid, ask)
    entry, exit_ = _at(into, entry_at, entered, np.nan), _at(out_of, exit_at, entered, np.nan)
    decided_us = _at(ts, exit_at, decided, 0)
    # That no quote came is known when the order expires; that none will come, at the end of the day.
    expired_us = np.maximum(ts_us, np.minimum(orders.horizon_end_us, day_end))
    starved = entered & (outcome == DAY_END) & (decided_us < day_end)
    known = np.where(starved, day.end_us - 1, np.where(decided, decided_us, expired_us))
    entry_us, exit_us = _at(ts, entry_at, entered, 0), np.where(entered, decided_us, 0)
    paid = trade_costs(day, instrument, orders.side, entry_us, entry, exit_us, exit_)
    net = net_result(orders.side, entry, exit_, paid.total)
    return OrderOutcomes(outcome, entry_us, entry, exit_us, exit_, net), known


def _at(values: NDArray[_T], index: Ints, where: NDArray[np.bool_], otherwise: float) -> NDArray[_T]:
    """`values[index]` where there is an index."""
    taken = np.full(len(index), otherwise, dtype=values.dtype)
    taken[where] = values[index[where]]
    return taken
