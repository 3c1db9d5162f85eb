"""Trade a day's decisions one after the other on its quotes: one order or position a symbol at a time.

The walk of each order is `core.orders`' compiled one, the labels' own; here is only the sequence. A signal is
free to become an order from the quote on that closes the position before it, as in the bridge's terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ticklake_assets.core.costs import TradeCosts, net_result, trade_costs
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.labels import day_end_us
from ticklake_assets.core.orders import DAY_END, LONG, NO_ENTRY, NOWHERE, SHORT, walk
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.core.tables import Floats, Quotes
from ticklake_assets.modeling.deployed.decision import Decision
from ticklake_assets.modeling.deployed.document import Document

if TYPE_CHECKING:
    from ticklake_assets.modeling.trading.risked import RiskBook

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
    slippage: float
    """What of the costs was slippage of entry and exit."""
    commission: float
    """What was commission of both sides."""
    markup: float
    """What the broker's spread is wider than the feed's."""
    swap: float
    """What was swap; negative where it was a credit."""
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
    """(signal time, reason) of signals that asked for an order and became no position; risk has words of its own."""

    @property
    def net(self) -> float:
        """Profit of the day, price units."""
        return sum(trade.net for trade in self.trades)

    @property
    def exposure(self) -> float:
        """Share of the day spent in a position."""
        return sum(trade.exit_us - trade.entry_us for trade in self.trades) / MICROS_PER_DAY


def simulate_day(
    day: SymbolDay,
    quotes: Quotes,
    decisions: Iterable[Decision],
    instrument: Instrument,
    risk: RiskBook | None = None,
) -> DayRun:
    """Walk every decision that asks for an order, in time order; `quotes` are the day's clean quotes.

    `risk` is asked before each order that could be sent, and told what became of it; its words join the refusals.
    """
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
        if risk and (reason := risk.forbids(day, decision, float(bid[at]), float(ask[at]))):
            refused.append((decision.ts_us, reason))
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
            if risk:
                told = max(free_from, at + 1)  # a terminal says so at a later quote than the signal's
                risk.release(int(ts[told]) if told < len(ts) else expired_us)
            continue
        held.append(_Held(decision, outcome, entry, leave))
        if risk:
            risk.close(*_closed(held[-1:], day, quotes, instrument))
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


def spread_costs(quotes: Quotes, trades: Sequence[Trade]) -> Floats:
    """Of each trade half the feed's spread at entry plus half at exit: what mid-to-mid trading would have saved."""
    entered = np.searchsorted(quotes.ts_us, [trade.entry_us for trade in trades])
    left = np.array([_left_at(quotes, trade) for trade in trades], dtype=np.int64)
    spread = quotes.ask - quotes.bid
    halves: Floats = (spread[entered] + spread[left]) / 2
    return halves


def _left_at(quotes: Quotes, trade: Trade) -> int:
    """Index of the quote at which a trade ended: an entry is the first of its time, an end the first of its price."""
    out_of = quotes.bid if trade.side == LONG else quotes.ask
    first, after = map(int, np.searchsorted(quotes.ts_us, [trade.exit_us, trade.exit_us + 1]))
    return first + int(np.argmax(out_of[first:after] == trade.exit))


def _closed(
    held: Sequence[_Held], day: SymbolDay, quotes: Quotes, instrument: Instrument
) -> tuple[Trade, ...]:
    """The positions with their prices and costs, each side's at once, in the order in which they were held."""
    made: dict[int, Trade] = {}
    for side in (LONG, SHORT):
        rows = [row for row, each in enumerate(held) if each.decision.side == side]
        entry, leave = (np.array([held[row][column] for row in rows], dtype=np.int64) for column in (2, 3))
        into, out_of = (quotes.ask, quotes.bid) if side == LONG else (quotes.bid, quotes.ask)
        paid = trade_costs(
            day, instrument, side, quotes.ts_us[entry], into[entry], quotes.ts_us[leave], out_of[leave]
        )
        for place, row in enumerate(rows):
            made[row] = _trade(held[row], quotes, paid, place)
    return tuple(made[row] for row in range(len(held)))


def _trade(held: _Held, quotes: Quotes, paid: TradeCosts, place: int) -> Trade:
    """A position that paid the costs in row `place`; wherever it is marked, it has paid what it did in the end."""
    decision, outcome, entry, leave = held
    side = decision.side
    into, out_of = (quotes.ask, quotes.bid) if side == LONG else (quotes.bid, quotes.ask)
    marks = net_result(side, into[entry : entry + 1], out_of[entry : leave + 1], paid.total[place])
    return Trade(
        signal_us=decision.ts_us,
        side=side,
        entry_us=int(quotes.ts_us[entry]),
        entry=float(into[entry]),
        exit_us=int(quotes.ts_us[leave]),
        exit=float(out_of[leave]),
        outcome=outcome,
        slippage=float(paid.slippage[place]),
        commission=float(paid.commission[place]),
        markup=paid.markup,
        swap=float(paid.swap[place]),
        net=float(marks[-1]),
        worst=float(marks.min()),
        best=float(marks.max()),
        fall=float((np.maximum.accumulate(marks) - marks).max()),
    )
