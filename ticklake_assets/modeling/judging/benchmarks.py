"""What no skill would have earned on a tested day, by the same order table, costs and one position at a time.

A model that is long all day in a rising market earns, and so does everybody. Skill is what it earns beyond entries at
random events with its own sides, as many of each side on the same day, and beyond its own positions moved to random
times at the costs that they paid: who holds longer in a drift earns more at once, and who is in it only while spreads
are narrow pays less; neither foresees a price. Draws are seeded by symbol and day.

    day = day_benchmarks(symbol_day, quotes, events_of_the_day, signals, positions, instrument)
    table = benchmarks_of(days, instrument)
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ticklake_assets.core.costs import net_result, round_turn_cost, swap_cost, trade_costs
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.labels import day_end_us
from ticklake_assets.core.orders import DAY_END, LONG, NO_ENTRY, NOWHERE, SHORT, orders_at, walk_all
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Events, Floats, Ints, Quotes
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.trading.simulation import Trade, spread_costs

DRAWS = 2_000
"""A share of 5 % is known to half a per cent."""
RANDOM_EVENTS, RANDOM_TIMES = "random events, same sides", "random times, as long held"
_SIDES = (LONG, SHORT)
_Bools = NDArray[np.bool_]
_ROUNDING = 1e-6
"""Relative to the days' nets: draws are kept in single precision and summed in another order than the trades."""


class DayBenchmarks(Document):
    """A tested day without skill, in pips after costs; the draws of all days are of one numbering."""

    always_long: float
    """A long order at every event at which the symbol is free."""
    always_short: float
    open_ask: float
    """Price of the day's first quote: buy and hold enters at the first day's."""
    close_bid: float
    """Price of the day's last quote."""
    holding: float
    """Swap of a position that is held through the day, and beyond."""
    last_holding: float
    """The same of one that is closed at the day's last quote."""
    random_events: str
    """`DRAWS` nets at random events, as many of each side as were traded: base64 of little-endian float32."""
    random_times: str
    """`DRAWS` nets of the day's own positions, each with its side, time and costs, from random times on."""
    random_sides: str
    """`DRAWS` nets of the day's signals with sides by a fair coin."""


class Benchmark(Document):
    """One alternative to a chain of tested days."""

    name: str
    net_pips: float
    """Of random ones the mean of the draws."""
    at_least_as_well: float
    """Share of the draws that earned at least what the chain did, the chain itself counted as one (Phipson & Smyth,
    Permutation P-values Should Never Be Zero, 2010); 0 or 1 where there is nothing to draw."""


class Position(NamedTuple):
    """A trade of the day, but for when it was."""

    side: int
    held_us: int
    cost: float
    """From mid prices on, its own spreads included, price units."""


class SideOutcomes(NamedTuple):
    """What an order of either side at each event becomes; columns are long, short."""

    at: Ints
    """Index of the event's quote."""
    free: Ints
    """Index of the quote from which on the symbol is free again."""
    net: Floats
    """Price units; 0 without entry."""
    entered: _Bools


def day_benchmarks(
    day: SymbolDay,
    quotes: Quotes,
    events: Events,
    signals: Ints,
    positions: Sequence[Position],
    instrument: Instrument,
) -> DayBenchmarks:
    """Benchmarks of one tested day.

    `events` are the day's, `signals` the rows among them that asked for an order, `positions` what came of them.
    """
    found, rng = outcomes_of(day, quotes, events, instrument), _generator(day)
    count = len(events.ts_us)
    every, traded = np.arange(count), np.array([each.side == SHORT for each in positions], dtype=np.int64)
    orders = np.argsort(rng.random((DRAWS, count)), axis=1)
    shuffled = rng.permuted(np.tile(traded, (DRAWS, 1)), axis=1)
    coins = rng.integers(0, 2, (DRAWS, len(signals)))
    rows = np.tile(signals.astype(np.int64), (DRAWS, 1))
    always = [
        sequences(found.at, found.free, found.net, every[None, :], np.full((1, count), side))[0]
        for side in range(2)
    ]
    held_to = np.array([day.end_us, quotes.ts_us[-1]])
    nights = swap_cost(day, instrument, LONG, quotes.ts_us[[0, 0]], held_to) / instrument.pip
    return DayBenchmarks(
        always_long=float(always[0]) / instrument.pip,
        always_short=float(always[1]) / instrument.pip,
        open_ask=float(quotes.ask[0]),
        close_bid=float(quotes.bid[-1]),
        holding=float(nights[0]),
        last_holding=float(nights[1]),
        random_events=_packed(placed(*found, orders, shuffled) / instrument.pip),
        random_times=_packed(moved(quotes, positions, rng) / instrument.pip),
        random_sides=_packed(sequences(found.at, found.free, found.net, rows, coins) / instrument.pip),
    )


def positions_of(quotes: Quotes, trades: Sequence[Trade]) -> list[Position]:
    """The day's trades, each with everything that it paid."""
    crossed = spread_costs(quotes, trades).tolist()
    return [
        Position(
            trade.side,
            trade.exit_us - trade.entry_us,
            trade.side * (trade.exit - trade.entry) + spread - trade.net,
        )
        for trade, spread in zip(trades, crossed, strict=True)
    ]


def benchmarks_of(
    days: Sequence[DayBenchmarks], net_pips: float, instrument: Instrument
) -> tuple[Benchmark, ...]:
    """The alternatives to a chain that earned `net_pips` on these days, `random events` first."""
    random = {
        RANDOM_EVENTS: sum((drawn(day.random_events) for day in days), np.zeros(DRAWS)),
        RANDOM_TIMES: sum((drawn(day.random_times) for day in days), np.zeros(DRAWS)),
        "random sides, same signals": sum((drawn(day.random_sides) for day in days), np.zeros(DRAWS)),
    }
    as_good = net_pips - _ROUNDING * sum(float(np.abs(drawn(day.random_events)).max()) for day in days)
    first, last = days[0].open_ask, days[-1].close_bid
    held = (last - first - round_turn_cost(instrument, first, last)) / instrument.pip
    plain = {
        "long at every event": sum(day.always_long for day in days),
        "short at every event": sum(day.always_short for day in days),
        "buy and hold": held - sum(day.holding for day in days[:-1]) - days[-1].last_holding,
        "no trade": 0.0,
    }
    return (
        *(
            Benchmark(
                name=name,
                net_pips=float(nets.mean()),
                at_least_as_well=float((1 + np.sum(nets >= as_good)) / (1 + DRAWS)),
            )
            for name, nets in random.items()
        ),
        *(
            Benchmark(name=name, net_pips=net, at_least_as_well=float(net >= as_good))
            for name, net in plain.items()
        ),
    )


def exposure_share(benchmarks: Sequence[Benchmark]) -> float:
    """The larger share of draws that did as well: what is earned must be beyond both kinds of exposure."""
    return max(each.at_least_as_well for each in benchmarks if each.name in {RANDOM_EVENTS, RANDOM_TIMES})


def moved(quotes: Quotes, positions: Sequence[Position], rng: np.random.Generator) -> Floats:
    """Net of each draw, price units: the positions from random times of the day on, where they may overlap.

    Entered at the first quote from then on, left at the first one after as long a time, at mid prices less what the
    position paid: at each moment's own spread the choice of cheap hours would count as skill.
    """
    total, mid = np.zeros(DRAWS), (quotes.bid + quotes.ask) / 2
    first, last = int(quotes.ts_us[0]), int(quotes.ts_us[-1])
    for side, held_us, cost in positions:
        begins = first + rng.random(DRAWS) * max(0, last - first - held_us)
        entry, leave = (
            np.minimum(np.searchsorted(quotes.ts_us, times), len(quotes.ts_us) - 1)
            for times in (begins, begins + held_us)
        )
        total += side * (mid[leave] - mid[entry]) - cost
    return total


def best_of(trials: int, share: float) -> float:
    """Chance that the best of so many chains without skill does as well as one of them does with this chance.

    Sidak, Rectangular Confidence Regions (1967): 1 - (1 - p)^N, exact where the chains are independent.
    """
    return 1.0 - (1.0 - share) ** trials


def outcomes_of(day: SymbolDay, quotes: Quotes, events: Events, instrument: Instrument) -> SideOutcomes:
    ts, bid, ask, _, _ = quotes.for_kernels()
    at, day_end = np.searchsorted(ts, events.ts_us), day_end_us(day, instrument)
    sides = []
    for side in _SIDES:
        orders = orders_at(
            side, events.ts_us, events.bid, events.ask, events.width, events.horizon_us, instrument
        )
        outcome, entry, leave = walk_all(ts, bid, ask, at, *orders, day_end)
        entered = outcome != NO_ENTRY
        expired = np.searchsorted(ts, np.minimum(orders.horizon_end_us, day_end))
        is_last = (outcome == DAY_END) & (ts[leave] < day_end)
        free = np.where(leave == NOWHERE, expired, np.where(is_last, len(ts), leave))
        into, out_of = (ask, bid) if side == LONG else (bid, ask)
        paid = trade_costs(day, instrument, side, ts[entry], into[entry], ts[leave], out_of[leave])
        net = np.where(entered, net_result(side, into[entry], out_of[leave], paid.total), 0.0)
        sides.append((free, net, entered))
    free, net, entered = (np.stack(column, axis=1) for column in zip(*sides, strict=True))
    return SideOutcomes(at, free, net, entered)


@njit(cache=True, nogil=True)
def sequences(at: Ints, free: Ints, net: Floats, rows: Ints, sides: Ints) -> Floats:
    """Net of each draw: its events in time order with its sides, one order or position at a time."""
    draws, count = rows.shape
    total = np.zeros(draws)
    for draw in range(draws):
        free_from = 0
        for k in range(count):
            row, side = rows[draw, k], sides[draw, k]
            if at[row] >= free_from:
                total[draw] += net[row, side]
                free_from = free[row, side]
    return total


@njit(cache=True, nogil=True)
def placed(at: Ints, free: Ints, net: Floats, entered: _Bools, orders: Ints, sides: Ints) -> Floats:
    """Net of each draw: positions at events in a random order, where they overlap with none before them.

    Every one of the sides gets a position as long as events are left.
    """
    draws, count = orders.shape
    wanted = sides.shape[1]
    total = np.zeros(draws)
    begins, ends = np.zeros(wanted, np.int64), np.zeros(wanted, np.int64)
    for draw in range(draws):
        held = 0
        for k in range(count):
            if held == wanted:
                break
            row, side = orders[draw, k], sides[draw, held]
            begin, end = at[row], free[row, side]
            is_free = entered[row, side]
            for other in range(held):
                if begin < ends[other] and begins[other] < end:
                    is_free = False
                    break
            if is_free:
                begins[held], ends[held] = begin, end
                total[draw] += net[row, side]
                held += 1
    return total


def _generator(day: SymbolDay) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(day.symbol.encode()), day.trading_day.toordinal()])


def _packed(nets: Floats) -> str:
    return base64.b64encode(nets.astype("<f4").tobytes()).decode()


def drawn(text: str) -> Floats:
    return np.frombuffer(base64.b64decode(text), dtype="<f4").astype(np.float64)
