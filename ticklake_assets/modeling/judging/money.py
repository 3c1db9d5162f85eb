"""What a chain earned in the account's money, what its positions bound, and how large they could have been.

The quote currency becomes the account's by the symbol's own price where the account has its base currency, else by the
day's quotes of another symbol where the lake has them, else by the cost profile's dated rate: each day says which.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.orders import LONG
from ticklake_assets.core.tables import Quotes
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.trading.simulation import Trade

CAPACITY_SHARE = 0.95
_MILLION = 1e6


class QuoteRate(NamedTuple):
    """Account currency for one unit of the quote currency."""

    rate: float
    source: str
    """Where it is from, in words."""


RateOf = Callable[[date], QuoteRate | None]
"""The day's rate by another symbol's quotes; None where there is none."""


class DayMoney(Document):
    """One tested day in the account's currency, at the cost profile's trade size."""

    net: float
    rate: float
    """Account currency for one unit of the quote currency; by the own price that of the last trade."""
    rate_from: str
    margin: float
    """Most that a position of the day bound."""
    quoted_millions: tuple[float, ...]
    """Size at the quote that each trade entered at, on its side, millions of the base currency; 0: not delivered."""


class Money(Document):
    """A chain in the account's currency."""

    currency: str
    net: float
    lots: float
    """Size of each trade."""
    units: float
    """The same in units of the base currency."""
    pip_value: float
    """What one pip of a trade is worth at the last day's rate."""
    margin: float
    """Most that a position bound."""
    rates_from: tuple[str, ...]
    """Where the days' conversion rates are from."""
    sized_trades: int
    """Trades whose entry quote came with a size."""
    filled_share: float | None
    """Share of these whose size is at most the quoted one; None without any."""
    capacity_lots: float | None
    """The largest size that 95 % of these could have had."""


def day_money(
    day: date, quotes: Quotes, trades: Sequence[Trade], instrument: Instrument, rate_of: RateOf | None
) -> DayMoney:
    account = instrument.costs.account
    other = rate_of(day) if rate_of and account.currency not in (instrument.base, instrument.quote) else None
    day_rate = other or QuoteRate(account.rate, account.rate_from)
    if account.currency == instrument.quote:
        day_rate = QuoteRate(1.0, "the account's own currency")
    rates = [day_rate.rate] * len(trades)
    if account.currency == instrument.base:
        last = float(quotes.bid[-1]) if len(quotes.bid) else 1 / account.rate
        day_rate = QuoteRate(1 / last, "the symbol's own price")
        rates = [1 / trade.exit for trade in trades]
    notionals = [trade.entry * account.units * rate for trade, rate in zip(trades, rates, strict=True)]
    at = np.searchsorted(quotes.ts_us, [trade.entry_us for trade in trades])
    sizes = [
        float((quotes.ask_size if trade.side == LONG else quotes.bid_size)[place])
        for trade, place in zip(trades, at, strict=True)
    ]
    return DayMoney(
        net=sum(trade.net * account.units * rate for trade, rate in zip(trades, rates, strict=True)),
        rate=day_rate.rate,
        rate_from=day_rate.source,
        margin=max(notionals, default=0.0) * account.margin_rate,
        quoted_millions=tuple(sizes),
    )


def money_of(days: Sequence[DayMoney], instrument: Instrument) -> Money:
    account = instrument.costs.account
    quoted = np.array([size for day in days for size in day.quoted_millions if size > 0]) * _MILLION
    lot = account.units / account.lots
    return Money(
        currency=account.currency,
        net=sum(day.net for day in days),
        lots=account.lots,
        units=account.units,
        pip_value=instrument.pip * account.units * days[-1].rate,
        margin=max(day.margin for day in days),
        rates_from=tuple(dict.fromkeys(day.rate_from for day in days)),
        sized_trades=len(quoted),
        filled_share=float((quoted >= account.units).mean()) if len(quoted) else None,
        capacity_lots=float(np.quantile(quoted, 1 - CAPACITY_SHARE, method="lower")) / lot
        if len(quoted)
        else None,
    )
