"""An account at the standing quotes: equity, margin and what is free of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from mt5_bridge.simulated.broker import AccountSetup
from mt5_bridge.simulated.ledger import Ledger
from mt5_bridge.simulated.money import Money, decimal
from mt5_bridge.simulated.rows import NOTHING, Position
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.trading.words import Quote

_HUNDRED = Decimal(100)


class Account:
    """Set-up, books and money of one login."""

    def __init__(
        self,
        setup: AccountSetup,
        ledger: Ledger,
        money: Money,
        symbols: Mapping[str, Specification],
        standing: Mapping[str, Quote],
    ) -> None:
        self.setup = setup
        self.ledger = ledger
        self.money = money
        self._symbols = symbols
        self._standing = standing

    @property
    def is_hedging(self) -> bool:
        return self.setup.mode == "hedging"

    @property
    def balance(self) -> Decimal:
        return self.ledger.balance

    @property
    def profit(self) -> Decimal:
        """Of open positions, swap included."""
        positions = self.ledger.positions.values()
        return sum((self.floating(each) + each.swap for each in positions), NOTHING)

    @property
    def equity(self) -> Decimal:
        return self.balance + self.profit

    @property
    def margin(self) -> Decimal:
        return self.margin_of(self.ledger.positions.values())

    @property
    def margin_free(self) -> Decimal:
        return self.equity - self.margin

    @property
    def margin_level(self) -> Decimal:
        """Equity in percent of the margin; 0 without one, as in MetaTrader 5."""
        margin = self.margin
        return self.equity / margin * _HUNDRED if margin else NOTHING

    def floating(self, position: Position) -> Decimal:
        """What closing a position now would gain, to the cent."""
        price = self.exit_price(position)
        if price is None:
            return NOTHING
        symbol = self._symbols[position.symbol]
        return self.money.profit(symbol, position.sign, position.volume, position.price_open, decimal(price))

    def exit_price(self, position: Position) -> float | None:
        quote = self._standing.get(position.symbol)
        if quote is None:
            return None
        return quote.bid if position.sign > 0 else quote.ask

    def margin_of(self, positions: Iterable[Position]) -> Decimal:
        """Of a set of positions, to the cent: a lot and its opposite pay `margin_hedged` together, others alone."""
        volumes: dict[tuple[str, int], Decimal] = {}
        margins: dict[tuple[str, int], Decimal] = {}
        for each in positions:
            leg = each.symbol, each.sign
            volumes[leg] = volumes.get(leg, NOTHING) + each.volume
            margins[leg] = margins.get(leg, NOTHING) + each.margin
        total = NOTHING
        for (name, sign), volume in volumes.items():
            opposite = volumes.get((name, -sign), NOTHING)
            if not opposite:
                total += margins[name, sign]
                continue
            per_lot = margins[name, sign] / volume
            total += max(volume - opposite, NOTHING) * per_lot
            total += min(volume, opposite) * per_lot * self._hedged_share(self._symbols[name]) / 2
        return self.money.to_cents(total)

    def _hedged_share(self, symbol: Specification) -> Decimal:
        """Each of the two legs bears half of it."""
        return Decimal(1) if symbol.margin_hedged is None else symbol.margin_hedged / symbol.contract_size
