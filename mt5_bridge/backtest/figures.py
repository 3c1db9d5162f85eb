"""The walk-forward's figures of a backtest's trades, by the same formulas, without its libraries.

Pips are after the cost profile's costs, one unit of volume a trade, as the walk-forward's; money is the account's.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from math import fsum, sqrt
from typing import NamedTuple

from pydantic import BaseModel

from mt5_bridge.attribution.documents import Quotes
from mt5_bridge.trading.words import Position

_ALIKE = 1e-6
_NOTHING = 1e-100
"""Returns that differ by no more than this share of the largest, or by this, do not differ."""


class Figures(BaseModel):
    """None where there is nothing to measure it on."""

    days: int
    trades: int
    net_pips: float
    net_money: Decimal
    """What the account booked."""
    drawdown_pips: float
    """Deepest fall of the equity, marked at every quote of each position."""
    hit_rate: float | None
    """Share of trades with a profit after costs."""
    profit_factor: float | None
    """What the winners earned over what the losers lost; None where none lost."""
    average_pips: float | None
    """Net of a trade."""
    daily_sharpe: float | None
    """Mean over standard deviation of the days' nets, not annualised; None below two days."""
    trade_sharpe: float
    """The same of the trades' nets; 0 where they do not differ."""
    trades_a_day: float
    outcomes: dict[str, int]


class Life(NamedTuple):
    """A closed position as closing it at each quote of its life would have left it; price units, after its costs."""

    net: float
    worst: float
    best: float
    fall: float
    """Deepest fall from one quote to a later one."""


def figures_of(days: Sequence[Sequence[Position]], lives: Sequence[Life], pip: float) -> Figures:
    """`days` are each day's closed positions in time order, `lives` the same positions' in one row."""
    positions = [position for day in days for position in day]
    nets = [position.net / pip for position in positions]
    daily = [fsum(position.net for position in day) / pip for day in days]
    lost = -fsum(net for net in nets if net < 0)
    money = (position.money for position in positions if position.money is not None)
    return Figures(
        days=len(days),
        trades=len(nets),
        net_pips=fsum(daily),
        net_money=sum(money, Decimal(0)),
        drawdown_pips=max(falls(lives), default=0.0) / pip,
        hit_rate=sum(net > 0 for net in nets) / len(nets) if nets else None,
        profit_factor=fsum(net for net in nets if net > 0) / lost if lost > 0 else None,
        average_pips=fsum(nets) / len(nets) if nets else None,
        daily_sharpe=sharpe(daily) if len(daily) > 1 else None,
        trade_sharpe=sharpe(nets),
        trades_a_day=len(nets) / len(days) if days else 0.0,
        outcomes=dict(Counter(str(position.outcome) for position in positions)),
    )


def life_of(position: Position, side: str, quotes: Quotes) -> Life:
    """Mark a closed position at the exit side of each quote from its entry to its exit, and at its own exit."""
    assert position.exit is not None
    sign = 1.0 if side == "long" else -1.0
    cost = sign * (position.exit.price - position.entry.price) - position.net
    prices = quotes.bid if side == "long" else quotes.ask
    first = bisect_left(quotes.ts_us, position.entry.ts_us)
    leave, after = (find(quotes.ts_us, position.exit.ts_us) for find in (bisect_left, bisect_right))
    end = next((at for at in range(max(leave, first + 1), after) if prices[at] == position.exit.price), after)
    marks = [sign * (price - position.entry.price) - cost for price in prices[first:end]]
    marks.append(position.net)
    peak, fall = marks[0], 0.0
    for mark in marks:
        peak = max(peak, mark)
        fall = max(fall, peak - mark)
    return Life(position.net, min(marks), max(marks), fall)


def falls(lives: Sequence[Life]) -> list[float]:
    """How far the equity is below its highest point so far, 0 included, at each trade's deepest and at its end."""
    points, peak, closed = list[float](), 0.0, 0.0
    for life in lives:
        points.append(max(peak - (closed + life.worst), life.fall))
        peak = max(peak, closed + life.best)
        closed += life.net
        points.append(peak - closed)
    return points


def sharpe(returns: Sequence[float]) -> float:
    """Mean over sample standard deviation, not annualised; 0 where there is no spread."""
    if len(returns) < 2:
        return 0.0
    if max(returns) - min(returns) <= max(_ALIKE * max(map(abs, returns)), _NOTHING):
        return 0.0
    mean = fsum(returns) / len(returns)
    return mean / sqrt(fsum((each - mean) ** 2 for each in returns) / (len(returns) - 1))
