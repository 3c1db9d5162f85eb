"""Money of an account: profit, commission, swap and margin, exact to the currency's last digit.

A foreign amount is converted at the standing quotes, at the side that the account would trade at: what it gains is
sold, what it owes is bought.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from mt5_bridge.errors import TerminalError
from mt5_bridge.simulated.broker import AccountSetup, SimulatedBroker
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.trading.words import Quote


class _Pair(NamedTuple):
    symbol: str
    is_base: bool
    """Whether the foreign currency is the pair's base, priced in the account's."""


class Money:
    """Computes for one account."""

    def __init__(self, broker: SimulatedBroker, account: AccountSetup, standing: Mapping[str, Quote]) -> None:
        self._currency = account.currency
        self._leverage = Decimal(account.leverage)
        self._cent = Decimal(1).scaleb(-account.currency_digits)
        self._standing = standing
        self._rates = broker.rates
        self._pairs: dict[str, _Pair] = {}
        for symbol in broker.symbols:
            if symbol.currency_profit == self._currency:
                self._pairs.setdefault(symbol.currency_base, _Pair(symbol.name, is_base=True))
            elif symbol.currency_base == self._currency:
                self._pairs.setdefault(symbol.currency_profit, _Pair(symbol.name, is_base=False))

    def to_cents(self, amount: Decimal) -> Decimal:
        """Half a cent goes away from zero, as in MetaTrader 5."""
        return amount.quantize(self._cent, ROUND_HALF_UP)

    def rate(self, currency: str, *, gains: bool) -> Decimal:
        """The account's money for one unit; of gains the lower, of debts the higher one."""
        if currency == self._currency:
            return Decimal(1)
        pair = self._pairs.get(currency)
        quote = None if pair is None else self._standing.get(pair.symbol)
        if pair is not None and quote is not None:
            if pair.is_base:
                return decimal(quote.bid if gains else quote.ask)
            return 1 / decimal(quote.ask if gains else quote.bid)
        if currency + self._currency in self._rates:
            return self._rates[currency + self._currency]
        if self._currency + currency in self._rates:
            return 1 / self._rates[self._currency + currency]
        raise TerminalError(f"Expected a quote of {currency} in {self._currency}, was none yet")

    def can_convert(self, symbol: Specification) -> bool:
        """Whether the rates for this symbol's money are known by now."""
        try:
            self.rate(symbol.currency_base, gains=True)
            self.rate(symbol.currency_profit, gains=True)
        except TerminalError:
            return False
        return True

    def profit(
        self, symbol: Specification, sign: int, volume: Decimal, opened: Decimal, closed: Decimal
    ) -> Decimal:
        """(close - open) x volume x contract size, to the cent (MQL5 reference, profit by SYMBOL_CALC_MODE_FOREX)."""
        amount = sign * (closed - opened) * volume * symbol.contract_size
        return self.to_cents(amount * self.rate(symbol.currency_profit, gains=amount > 0))

    def commission(self, symbol: Specification, volume: Decimal, price: Decimal) -> Decimal:
        """What a deal pays, as a negative amount."""
        by_price = (symbol.commission_share * price + symbol.commission_fixed) * volume * symbol.contract_size
        paid = symbol.commission_per_lot * volume
        if by_price:
            paid += by_price * self.rate(symbol.currency_profit, gains=False)
        return Decimal(0) - self.to_cents(paid)

    def swap(self, symbol: Specification, sign: int, volume: Decimal, nights: int) -> Decimal:
        """Points x point x volume x contract size a night."""
        points = symbol.swap_long if sign > 0 else symbol.swap_short
        amount = points.scaleb(-symbol.digits) * volume * symbol.contract_size * nights
        return self.to_cents(amount * self.rate(symbol.currency_profit, gains=amount > 0))

    def margin(self, symbol: Specification, volume: Decimal) -> Decimal:
        """Volume x contract size / leverage of the base currency, not rounded."""
        rate = self.rate(symbol.currency_base, gains=False)
        return volume * symbol.contract_size / self._leverage * rate


def decimal(price: float) -> Decimal:
    """The shortest decimal that is this double: a price as it was quoted."""
    return Decimal(repr(price))
