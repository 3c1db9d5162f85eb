"""Trade a day's decisions one after the other on its quotes: one order or position a symbol at a time.

The walk of each order is `core.orders`' compiled one, the labels' own; here is only the sequence. A signal is
free to become an order from the quote on that closes the position before it, as in the bridge's terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ticklake_assets.core.costs import net_result, round_turn_cost, swap_cost
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.labels import day_end_us
from ticklake_assets.core.orders import DAY_END, LONG, NO_ENTRY, NOWHERE, walk
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.core.tables import Floats, Quotes
from ticklake_assets.modeling.deployed.decision import Decision
from ticklake_assets.modeling.deployed.document import Document

POSITION_OPEN = "position_open"
"""A signal while the symbol is busy: recorded, never added to the position, never reversing it."""
NO_ENTRY_REASON = "no_entry"
"""An order that the market left before it arrived."""


class Trade(Document):
    """A closed position; prices in price units, `net` and `worst` after costs."""

    signal_us: int
    side: int
    entry_us: int
    entry: float
    exit_us: int
    exit: float
    outcome: int
    """1 target, 2 stop, 3 time, 4 day end (`core.orders`)."""
    swap: float
    """What of the costs was swap."""
    net: float
    worst: float
    """Lowest result that closing at any quote of its life would have given."""
    best: float
    """Highest one."""
    fall: float
    """Deepest fall from one to a later one."""


class _Held(NamedTuple):
    """A position: its decision, how it ended, and the quotes that it was entered and left at."""

    decision: Decision
    outcome: int
    entry: int
    leave: int


class DayRun(NamedTuple):
    """One simulated day."""

    day: SymbolDay
    trades: tuple[Trade, ...]
    refused: tuple[tuple[int, str], ...]
    """(signal time, reason) of signals that asked for an order and became no position."""

    @property
    def net(self) -> float:
        """Profit of the day, price units."""
        return sum(trade.net for trade in self.trades)

    @property
    def exposure(self) -> float:
        """Share of the day spent in a position."""
        return sum(trade.exit_us - trade.entry_us for trade in self.trades) / MICROS_PER_DAY


def simulate_day(
    day: SymbolDay, quotes: Quotes, decisions: Iterable[Decision], instrument: Instrument
) -> DayRun:
    """Walk every decision that asks for an order, in time order; `quotes` are the day's clean quotes."""
    ts, bid, ask, _, _ = quotes.for_kernels()
    day_end = day_end_us(day, instrument)
    held: list[_Held] = []
    refused: list[tuple[int, str]] = []
    free_from = 0
    """Index of the quote at which the symbol is free: several quotes can share a time."""
    for decision in decisions:
        if not decision.is_order:
            continue
        at = int(np.searchsorted(ts, decision.ts_us))  # an event is the first quote of its time
        if at < free_from:
            refused.append((decision.ts_us, POSITION_OPEN))
            continue
        outcome, entry, leave = walk(
            ts,
            bid,
            ask,
            at,
            decision.side,
            decision.earliest_entry_us,
            decision.stop,
            decision.target,
            decision.horizon_end_us,
            day_end,
        )
        if outcome == NO_ENTRY:
            expired_us = min(decision.horizon_end_us, day_end)
            free_from = int(np.searchsorted(ts, expired_us)) if leave == NOWHERE else leave
            refused.append((decision.ts_us, NO_ENTRY_REASON))
            continue
        held.append(_Held(decision, outcome, entry, leave))
        is_last = outcome == DAY_END and ts[leave] < day_end  # that no quote follows is known after it
        free_from = len(ts) if is_last else leave
    return DayRun(day, _closed(held, day, quotes, instrument) if held else (), tuple(refused))


def equity(trades: Iterable[Trade]) -> Floats:
    """Equity in price units, two points a trade: at its worst and at its end; starts from 0, left out."""
    points, closed = [], 0.0
    for trade in trades:
        points.append(closed + trade.worst)
        closed += trade.net
        points.append(closed)
    return np.array(points)


def falls(trades: Iterable[Trade]) -> Floats:
    """How far the equity is below its highest point so far, 0 included, in price units: the drawdown.

    Two points a trade: at its deepest, the equity marked at every quote at what closing there would give, and at its
    end. Within a trade it falls from the peak before it, or from its own.
    """
    points, peak, closed = [], 0.0, 0.0
    for trade in trades:
        points.append(max(peak - (closed + trade.worst), trade.fall))
        peak = max(peak, closed + trade.best)
        closed += trade.net
        points.append(peak - closed)
    return np.array(points)


def double_slippage_cost(instrument: Instrument) -> float:
    """What a trade costs more where every fill slips twice as far, price units. The walks stay the same."""
    return round_turn_cost(instrument, 2.0) - round_turn_cost(instrument)


def _closed(
    held: Sequence[_Held], day: SymbolDay, quotes: Quotes, instrument: Instrument
) -> tuple[Trade, ...]:
    """The positions with their prices and costs; all at once, since the rollover is one of the day."""
    entry_us, exit_us = (quotes.ts_us[[getattr(each, name) for each in held]] for name in ("entry", "leave"))
    swaps, cost = swap_cost(day, instrument, entry_us, exit_us), round_turn_cost(instrument)
    return tuple(
        _trade(each, quotes, swap, cost + swap) for each, swap in zip(held, swaps.tolist(), strict=True)
    )


def _trade(held: _Held, quotes: Quotes, swap: float, cost: float) -> Trade:
    decision, outcome, entry, leave = held
    side = decision.side
    into, out_of = (quotes.ask, quotes.bid) if side == LONG else (quotes.bid, quotes.ask)
    marks = net_result(side, into[entry : entry + 1], out_of[entry : leave + 1], cost)
    return Trade(
        signal_us=decision.ts_us,
        side=side,
        entry_us=int(quotes.ts_us[entry]),
        entry=float(into[entry]),
        exit_us=int(quotes.ts_us[leave]),
        exit=float(out_of[leave]),
        outcome=outcome,
        swap=swap,
        net=float(marks[-1]),
        worst=float(marks.min()),
        best=float(marks.max()),
        fall=float((np.maximum.accumulate(marks) - marks).max()),
    )
