"""What a trade costs beyond its prices: slippage of both fills, commission of both sides, mark-up of the spread, swap.

    paid = trade_costs(day, instrument, LONG, entry_us, entry, exit_us, exit_)
    net = net_result(LONG, entry, exit_, paid.total)

The feed's own spread is paid by the prices themselves. The paper terminal has the same arithmetic in the same order
(`mt5_bridge/paper/costs.py`): labels, simulator and paper agree to the bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ticklake_assets.core.broker import HOURS
from ticklake_assets.core.calendar import rollover_us
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats, Ints

_HOUR_US = 3_600_000_000
_LONG = 1


class TradeCosts(NamedTuple):
    """Of positions of one side, price units; NaN where there was no entry (NaN prices)."""

    slippage: Floats
    """Of entry and exit."""
    commission: Floats
    """Of both sides."""
    markup: float
    """What the broker's spread is wider than the feed's."""
    swap: Floats
    """Of the nights; negative where it is a credit."""

    @property
    def total(self) -> Floats:
        return self.slippage + self.commission + self.markup + self.swap


def trade_costs(
    day: SymbolDay,
    instrument: Instrument,
    side: int,
    entry_us: Ints,
    entry: Floats,
    exit_us: Ints,
    exit_: Floats,
) -> TradeCosts:
    """What positions of one day and side (1 long, -1 short) pay, each array one row a position."""
    return TradeCosts(
        slippage_cost(instrument, entry_us) + slippage_cost(instrument, exit_us),
        commission_cost(instrument, entry) + commission_cost(instrument, exit_),
        instrument.costs.markup_pips * instrument.pip,
        swap_cost(day, instrument, side, entry_us, exit_us),
    )


def slippage_cost(instrument: Instrument, fill_us: Ints) -> Floats:
    """Of one fill each: the session's factor times the ordinary slippage, price units."""
    costs = instrument.costs
    by_hour = costs.slippage_pips * instrument.pip * np.array(costs.slippage_by_hour)
    found: Floats = by_hour[fill_us // _HOUR_US % HOURS]
    return found


def commission_cost(instrument: Instrument, price: Floats) -> Floats:
    """Of one side each, at its own price and at least the minimum, price units."""
    asked, least = instrument.costs.commission, instrument.costs.minimum_commission
    return np.maximum(asked.share * price + asked.fixed, least.share * price + least.fixed)


def swap_cost(day: SymbolDay, instrument: Instrument, side: int, entry_us: Ints, exit_us: Ints) -> Floats:
    """What positions of a day pay for being open at its rollover, price units.

    A position that is entered at the rollover's microsecond is of the new day; one that is closed there was held.
    """
    moment, costs = rollover_us(day), instrument.costs
    nights = costs.nights[day.trading_day.weekday()]
    pips = costs.swap_long_pips if side == _LONG else costs.swap_short_pips
    held = (entry_us < moment) & (moment <= exit_us)
    return np.where(held, nights * (pips * instrument.pip), 0.0)


def round_turn_cost(instrument: Instrument, entry: float, exit_: float) -> float:
    """A round turn between two prices in ordinary hours, over no night, price units."""
    slippage = 2.0 * instrument.costs.slippage_pips * instrument.pip
    commission = commission_cost(instrument, np.array([entry, exit_]))
    return slippage + float(commission[0] + commission[1]) + instrument.costs.markup_pips * instrument.pip


def net_result(side: int, entry: Floats, exit_: Floats, cost: float | Floats) -> Floats:
    """Profit after costs of entry/exit pairs, price units; 0 where there was no entry (NaN prices).

    `side` is 1 for long, -1 for short; `cost` is each position's `TradeCosts.total`.
    """
    return np.where(np.isnan(entry), 0.0, side * (exit_ - entry) - cost)
