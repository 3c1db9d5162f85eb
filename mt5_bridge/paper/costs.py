"""What a position costs, as labels and simulator compute it: the same arithmetic in the same order, to the bit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock
from mt5_bridge.trading.words import Fill
from mt5_bridge.wire.contract import CostFacts, SymbolFacts

_HOUR_US = 3_600_000_000


class TradeCosts(NamedTuple):
    """What a position pays by the cost profile, price units."""

    slippage: float
    """Of both fills."""
    commission_in: float
    commission_out: float
    markup: float
    """What the broker's spread is wider than the feed's."""
    swap: float
    """Of the nights; negative where it is a credit."""

    @property
    def commission(self) -> float:
        return self.commission_in + self.commission_out

    @property
    def total(self) -> float:
        return self.slippage + self.commission + self.markup + self.swap


def trade_cost(facts: SymbolFacts, side: str, entry: Fill, leave: Fill) -> float:
    """Slippage of both fills, commission of both sides, mark-up of the spread and swap of the nights, price units."""
    return trade_costs(facts, side, entry, leave).total


def trade_costs(facts: SymbolFacts, side: str, entry: Fill, leave: Fill) -> TradeCosts:
    """`trade_cost` part by part."""
    costs, pip = facts.costs, facts.pip
    swap_pips = costs.swap_long_pips if side == "long" else costs.swap_short_pips
    return TradeCosts(
        _slippage(costs, pip, entry) + _slippage(costs, pip, leave),
        _commission(costs, entry.price),
        _commission(costs, leave.price),
        costs.markup_pips * pip,
        nights(entry.ts_us, leave.ts_us, costs.nights) * (swap_pips * pip),
    )


def nights(entry_us: int, exit_us: int, by_weekday: tuple[int, ...]) -> int:
    """Nights that a position pays swap for: each day of the broker's clock that ends while it is open.

    >>> nights(1_705_528_800_000_000 - 1, 1_705_528_800_000_000, (1, 1, 3, 1, 1, 0, 0))  # 2024-01-17, 17:00 New York
    3
    """
    clock = BrokerClock.parse(MOST_BROKERS)
    first, last = (
        clock.wall(datetime.fromtimestamp(us // 1_000_000, UTC)).date() for us in (entry_us, exit_us)
    )
    days = (first + timedelta(days=offset) for offset in range((last - first).days))
    return sum(by_weekday[day.weekday()] for day in days)


def _slippage(costs: CostFacts, pip: float, fill: Fill) -> float:
    return costs.slippage_pips * pip * costs.slippage_by_hour[fill.ts_us // _HOUR_US % 24]


def _commission(costs: CostFacts, price: float) -> float:
    asked, least = costs.commission, costs.minimum_commission
    return max(asked.share * price + asked.fixed, least.share * price + least.fixed)
