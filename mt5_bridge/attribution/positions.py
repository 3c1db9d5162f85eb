"""A position as one of the worlds has it, and its money to the cent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from mt5_bridge.attribution.documents import AccountTerms, Key
from mt5_bridge.exact import exact
from mt5_bridge.paper.costs import TradeCosts, trade_costs
from mt5_bridge.trading.words import Fill, Outcome
from mt5_bridge.wire.contract import SymbolFacts

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Held:
    """`exit` is None while it is open; then only what is booked counts."""

    key: Key
    lots: Decimal
    entry: Fill
    exit: Fill | None
    outcome: Outcome | None
    pays_markup: bool = True
    """Whether the profile's mark-up of the spread is charged: not where the terminal's own quotes are used."""
    pays_slippage: bool = True
    """Whether the profile's slippage is charged: not where the prices are those of the fills."""
    booked_profit: Decimal | None = None
    booked_costs: Decimal | None = None


@dataclass(frozen=True)
class Purse:
    """Turns positions into money by the test's terms, as a broker books deals: each amount rounded by itself.

    Half a cent goes away from zero. A position's money is the rounded profit, with slippage and mark-up in it, less
    the rounded commission of each side and the rounded swap.
    """

    facts: SymbolFacts
    terms: AccountTerms

    def money(self, held: Held) -> Decimal:
        profit = self._profit(held) if held.booked_profit is None else held.booked_profit
        return self.cents(profit + self.costs(held))

    def costs(self, held: Held) -> Decimal:
        """Commission, swap and fees of it; what is paid is negative."""
        if held.booked_costs is not None:
            return self.cents(held.booked_costs)
        paid = self._paid(held)
        if paid is None:
            return NOTHING
        parts = (paid.commission_in, paid.commission_out, paid.swap)
        return NOTHING - sum((self._converted(held, exact(part)) for part in parts), NOTHING)

    def cents(self, amount: Decimal) -> Decimal:
        return (
            amount.quantize(Decimal(1).scaleb(-self.terms.digits), ROUND_HALF_UP) + NOTHING
        )  # 0 has one sign

    def _profit(self, held: Held) -> Decimal:
        paid = self._paid(held)
        if paid is None:
            return NOTHING
        assert held.exit is not None
        move = exact(held.exit.price) - exact(held.entry.price)
        gross = move if held.key.side == "long" else -move
        slippage = exact(paid.slippage) if held.pays_slippage else NOTHING
        markup = exact(paid.markup) if held.pays_markup else NOTHING
        return self._converted(held, gross - slippage - markup)

    def _paid(self, held: Held) -> TradeCosts | None:
        """By the cost profile; None while it is open."""
        if held.exit is None:
            return None
        return trade_costs(self.facts, held.key.side, held.entry, held.exit)

    def _converted(self, held: Held, per_unit: Decimal) -> Decimal:
        assert held.exit is not None
        rate = 1 / exact(held.exit.price) if self.terms.rate is None else self.terms.rate
        return self.cents(per_unit * held.lots / self.terms.lots * self.terms.units * rate)
