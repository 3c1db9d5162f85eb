"""One order table: what becomes of an order, quote by quote, for label, simulator and simulated terminal.

An order answers the event at `ts_event` t, the first quote of that time, with absolute stop and target, anchored at
that quote's ask (long) or bid (short). Its *exit side* is the bid for a long order, the ask for a short one.

| step | rule |
| --- | --- |
| entry | the first quote at or after t + latency (`latency_us`), at its ask (long) or bid (short) |
| no entry | there is no quote at or after t + latency and before min(t + horizon, day end); or the exit side of that first quote is already at or beyond stop or target |
| target, stop | the first later quote whose exit side is at or beyond the barrier, at that quote's exit side |
| time | else the first later quote at or after t + horizon, at its exit side |
| day end | else the first later quote at or after the day's end (calendar close - 60 s); where none follows, the last quote of the day |

One quote can meet several rules: barriers come first, then whichever of horizon and day end is earlier (the horizon
when they are the same). Prices lie on the point grid as the doubles nearest to their decimals, as parsed ones do, so
that a touch at an equal price is a touch.
"""  # noqa: E501 - a table row is one line

from __future__ import annotations

from functools import cache
from math import ceil
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numba import njit

from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.tables import Bytes, Floats, Ints

NO_ENTRY, TARGET, STOP, TIME, DAY_END = 0, 1, 2, 3, 4
LONG, SHORT = 1, -1
NOWHERE = -1
"""Index where there is no quote."""
DAY_END_MARGIN_US = 60_000_000
"""Positions are closed this long before the calendar's close: the last minute's spreads are no market."""

_FLOAT_NOISE_POINTS = 1e-6
_64_BITS = 2**64 - 1


def width_on_grid(width: Floats, instrument: Instrument) -> Floats:
    """Round barrier distances (price units) up to price steps, at least the broker's stops level and one step."""
    points = np.ceil(width * instrument.decimal_factor - _FLOAT_NOISE_POINTS)
    points = np.maximum(points, max(instrument.stops_level_points, 1))
    return np.ceil(points / instrument.tick_points) * instrument.tick_points / instrument.decimal_factor


def one_width_on_grid(width: float, instrument: Instrument) -> float:
    """`width_on_grid` of one finite distance in plain Python: the same bits without an array's overhead."""
    factor, step = instrument.decimal_factor, instrument.tick_points
    points = max(ceil(width * factor - _FLOAT_NOISE_POINTS), instrument.stops_level_points, 1)
    return ceil(points / step) * step / factor


class Orders(NamedTuple):
    """Orders of one side as they are sent, one an event."""

    side: int
    """`LONG` or `SHORT`."""
    earliest_entry_us: Ints
    stop: Floats
    target: Floats
    horizon_end_us: Ints


def orders_at(
    side: int, ts_us: Ints, bid: Floats, ask: Floats, width: Floats, horizon_us: Ints, instrument: Instrument
) -> Orders:
    """Make the orders that answer events: `ts_us`, `bid` and `ask` are the events' own quotes.

    `width` comes from `width_on_grid`, so stop and target lie on the point grid when the quotes do.
    """
    factor = instrument.decimal_factor
    anchor = np.rint((ask if side == LONG else bid) * factor)
    distance = side * np.rint(width * factor)
    earliest = ts_us + latency_us(ts_us, instrument)
    return Orders(
        side, earliest, (anchor - distance) / factor, (anchor + distance) / factor, ts_us + horizon_us
    )


class Order(NamedTuple):
    """A row of `Orders`."""

    side: int
    earliest_entry_us: int
    stop: float
    target: float
    horizon_end_us: int


def order_at(
    side: int, ts_us: int, bid: float, ask: float, width: float, horizon_us: int, instrument: Instrument
) -> Order:
    """`orders_at` of one event with finite prices, in plain Python: the same bits in a tenth of the time."""
    factor = instrument.decimal_factor
    anchor = round((ask if side == LONG else bid) * factor)  # to even, as rint does
    distance = side * round(width * factor)
    earliest = ts_us + one_latency_us(ts_us, instrument)
    return Order(
        side, earliest, (anchor - distance) / factor, (anchor + distance) / factor, ts_us + horizon_us
    )


def latency_us(ts_us: Ints, instrument: Instrument) -> Ints:
    """From an event's quote to its order's arrival: drawn from the profile's values by symbol and event time alone.

    So label, simulator and endpoint draw the same. The hash is splitmix64's finaliser (Steele, Lea & Flood, Fast
    Splittable Pseudorandom Number Generators, 2014) of the time, salted with the symbol's CRC-32.
    """
    salt, values = _draw_of(instrument.symbol, instrument.costs.latency_ms)
    return _drawn(ts_us, salt, values)


def one_latency_us(ts_us: int, instrument: Instrument) -> int:
    """`latency_us` of one event in plain Python."""
    values = instrument.costs.latency_ms
    mixed = (int(ts_us) + _salt_of(instrument.symbol)) & _64_BITS
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _64_BITS
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _64_BITS
    return 1000 * values[(mixed ^ (mixed >> 31)) % len(values)]


@cache
def _salt_of(symbol: str) -> int:
    return crc32(symbol.encode()) << 32


@cache
def _draw_of(symbol: str, latency_ms: tuple[int, ...]) -> tuple[np.uint64, Ints]:
    return np.uint64(_salt_of(symbol)), np.array(latency_ms, dtype=np.int64) * 1000


@njit(cache=True, nogil=True)
def _drawn(ts_us: Ints, salt: np.uint64, values: Ints) -> Ints:
    drawn = np.empty(len(ts_us), dtype=np.int64)
    for k in range(len(ts_us)):
        mixed = np.uint64(ts_us[k]) + salt
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        drawn[k] = values[(mixed ^ (mixed >> np.uint64(31))) % np.uint64(len(values))]
    return drawn


@njit(cache=True, nogil=True)
def walk(
    ts_us: Ints,
    bid: Floats,
    ask: Floats,
    start_index: int,
    side: int,
    earliest_entry_us: int,
    stop: float,
    target: float,
    horizon_end_us: int,
    day_end_us: int,
) -> tuple[int, int, int]:
    """Walk one order from `start_index` on: (outcome, entry index, exit index).

    Without entry both indices are NOWHERE, but the exit index names the quote that was beyond a barrier, if
    that was the reason. Call it from Python: in another compiled file, numba's cache would keep a stale copy.
    """
    count = len(ts_us)
    exit_side = bid if side == LONG else ask
    entry = start_index
    while entry < count and ts_us[entry] < earliest_entry_us:
        entry += 1
    if entry == count or ts_us[entry] >= min(horizon_end_us, day_end_us):
        return NO_ENTRY, NOWHERE, NOWHERE
    if side * exit_side[entry] >= side * target or side * exit_side[entry] <= side * stop:
        return NO_ENTRY, NOWHERE, entry
    for i in range(entry + 1, count):
        price = exit_side[i]
        if side * price >= side * target:
            return TARGET, entry, i
        if side * price <= side * stop:
            return STOP, entry, i
        if ts_us[i] >= min(horizon_end_us, day_end_us):
            return (TIME if horizon_end_us <= day_end_us else DAY_END), entry, i
    return DAY_END, entry, count - 1


@njit(cache=True, nogil=True)
def walk_all(
    ts_us: Ints,
    bid: Floats,
    ask: Floats,
    start_index: Ints,
    side: int,
    earliest_entry_us: Ints,
    stop: Floats,
    target: Floats,
    horizon_end_us: Ints,
    day_end_us: int,
) -> tuple[Bytes, Ints, Ints]:
    """`walk` for many orders of one side: arrays of outcome, entry index and exit index.

    Each walk ends at its horizon, so a day costs quotes x (orders alive at once), not quotes x orders.
    """
    count = len(start_index)
    outcome = np.empty(count, dtype=np.int8)
    entry = np.empty(count, dtype=np.int64)
    leave = np.empty(count, dtype=np.int64)
    for k in range(count):
        first, earliest, horizon_end = start_index[k], earliest_entry_us[k], horizon_end_us[k]
        outcome[k], entry[k], leave[k] = walk(
            ts_us, bid, ask, first, side, earliest, stop[k], target[k], horizon_end, day_end_us
        )
    return outcome, entry, leave
