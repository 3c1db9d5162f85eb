"""What the rules of risk speak of: a proposal, the symbol's terms, the account, and the two answers.

Money and volumes are Decimal. Prices are floats on the point grid, as they were parsed; they become Decimal by their
shortest spelling, so that every machine computes the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from mt5_bridge.exact import exact

Side = Literal["long", "short"]
ARITHMETIC = Context(prec=80)
"""Digits: products of prices, rates and volumes stay exact, whatever context the caller has."""


class Reason(StrEnum):
    """Why a proposal is refused, or what bound its volume: words that stay, for journal and metrics.

    In the order in which the rules ask.
    """

    KILLED = "killed"
    ENDPOINT_ABSTAINS = "endpoint_abstains"
    NO_PRICE = "no_price"
    NO_EQUITY = "no_equity"
    NO_RATE = "no_rate"
    NO_STOP = "no_stop"
    WEEKEND = "weekend"
    ROLLOVER = "rollover"
    NEWS = "news"
    SPREAD = "spread"
    SLIPPAGE = "slippage"
    TRADES_A_DAY = "trades_a_day"
    LOSING_STREAK = "losing_streak"
    RISK_A_TRADE = "risk_a_trade"
    OPEN_RISK = "open_risk"
    DAILY_LOSS = "daily_loss"
    DRAWDOWN = "drawdown"
    MARGIN = "margin"
    SYMBOL_EXPOSURE = "symbol_exposure"
    TOTAL_EXPOSURE = "total_exposure"
    CURRENCY_EXPOSURE = "currency_exposure"
    GROUP_EXPOSURE = "group_exposure"
    MAX_LOTS = "max_lots"
    BROKER_VOLUME = "broker_volume"


@dataclass(frozen=True)
class SymbolTerms:
    """A symbol at the broker."""

    symbol: str
    base: str
    """What is bought and sold, like EUR."""
    quote: str
    """The currency of its prices and profits, like USD."""
    pip: Decimal
    """Price units."""
    units: Decimal
    """Base units of a lot."""
    margin_rate: Decimal
    """Share of the notional that a position binds."""
    volume_min: Decimal
    """Lots."""
    volume_step: Decimal
    """Lots."""
    volume_max: Decimal
    """Lots of one order."""
    volume_limit: Decimal | None = None
    """Lots of all orders and positions of the symbol in one direction; None where the broker has no such limit."""


@dataclass(frozen=True)
class Proposal:
    """An order that a signal asks for, before it has a volume."""

    intent_id: str
    terms: SymbolTerms
    side: Side
    ts_us: int
    """Of the signal's quote, epoch microseconds UTC."""
    bid: float
    ask: float
    stop: float
    """Price at which the position would be closed at a loss."""
    cost: float = 0.0
    """What a position stopped there pays beyond its prices, price units: commission, slippage, mark-up."""
    abstain: tuple[str, ...] = ()
    """Why the endpoint says not to act, its breaker among it."""

    @property
    def entry(self) -> float:
        return self.ask if self.side == "long" else self.bid

    def slippage_pips(self, price: float) -> Decimal:
        """By how much a fill was worse than the signal's quote; negative where it was better."""
        worse = exact(price) - exact(self.entry) if self.side == "long" else exact(self.entry) - exact(price)
        with localcontext(ARITHMETIC):
            return worse / self.terms.pip


class Exposure(BaseModel):
    """What an order or position puts at stake, money in account currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    symbol: str
    side: Side
    base: str
    quote: str
    volume: Decimal
    """Lots."""
    notional: Decimal
    """Its size at the price it was proposed at."""
    margin: Decimal
    risk: Decimal
    """Loss at its stop."""

    def of(self, volume: Decimal) -> Exposure:
        """The same with another volume."""
        amounts = {
            name: getattr(self, name) * volume / self.volume for name in ("notional", "margin", "risk")
        }
        return self.model_copy(update={"volume": volume, **amounts})


@dataclass(frozen=True)
class Account:
    """The account as its terminal says at the moment of a proposal."""

    currency: str
    equity: Decimal
    margin: Decimal = Decimal(0)
    """Bound by all open positions."""
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """Account currency for one unit of another."""
    others: tuple[Exposure, ...] = ()
    """Positions that are not the bridge's own."""

    def rate(self, currency: str) -> Decimal | None:
        return Decimal(1) if currency == self.currency else self.rates.get(currency)


@dataclass(frozen=True)
class Allowed:
    """An order may be sent, of this size."""

    exposure: Exposure
    bound_by: Reason
    """The limit that would have to be wider for a larger volume."""

    @property
    def volume(self) -> Decimal:
        """Lots, a multiple of the volume step."""
        return self.exposure.volume


@dataclass(frozen=True)
class Refused:
    """No order may be sent."""

    reason: Reason
    detail: str
    """A plain sentence with the numbers."""


Verdict = Allowed | Refused


def money(net: float, volume: Decimal, terms: SymbolTerms, rate: Decimal) -> Decimal:
    """A result in price units as account money, to the cent; `rate` is the quote currency's.

    >>> terms = SymbolTerms("EURUSD", "EUR", "USD", *map(Decimal, ("0.0001", "100000", "0", "0.01", "0.01", "50")))
    >>> money(-0.00123, Decimal("0.07"), terms, Decimal("0.9"))
    Decimal('-7.75')
    """
    with localcontext(ARITHMETIC):
        return (exact(net) * volume * terms.units * rate).quantize(Decimal("0.01"))
