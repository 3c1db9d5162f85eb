"""What an account really charges, held against the costs at which the champion's gates judged it.

A model that passed at lower costs than the account's has passed somewhere else. Prices are in units of the quote
currency for one unit of the base, as in the cost profile; a credit is negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from mt5_bridge.wire.contract import CostFacts

_DISABLED, _POINTS, _BASE_CURRENCY, _DEPOSIT_CURRENCY, _INTEREST_CURRENT, _INTEREST_OPEN = 0, 1, 2, 4, 5, 6
"""`SYMBOL_SWAP_MODE_...` of the vendor's package, as far as a cost can be told from them."""
_DAYS_OF_INTEREST = 360
"""A year of a bank's interest (MQL5 reference, SYMBOL_SWAP_MODE_INTEREST_CURRENT)."""
_BUY_OR_SELL = (0, 1)
"""`DEAL_TYPE_BUY` and `DEAL_TYPE_SELL`: others move the balance."""
_MISSING = "Expected commission_per_lot of the symbol in the configuration, as the history has no deal of it"


class SymbolTerms(Protocol):
    """`symbol_info`, as far as costs go."""

    @property
    def point(self) -> float: ...
    @property
    def bid(self) -> float: ...
    @property
    def trade_contract_size(self) -> float: ...
    @property
    def trade_tick_size(self) -> float: ...
    @property
    def trade_tick_value(self) -> float: ...
    @property
    def swap_mode(self) -> int: ...
    @property
    def swap_long(self) -> float: ...
    @property
    def swap_short(self) -> float: ...
    @property
    def swap_rollover3days(self) -> int: ...


class DealTerms(Protocol):
    """A deal of the history, as far as costs go."""

    @property
    def type(self) -> int: ...
    @property
    def volume(self) -> float: ...
    @property
    def commission(self) -> float: ...
    @property
    def fee(self) -> float: ...


@dataclass(frozen=True)
class AccountCosts:
    """Price units."""

    commission: float | None
    """Of one side; None where nobody knows."""
    swap_long: float | None
    """Of a night; None where the terminal states it in a way that no cost can be told from."""
    swap_short: float | None
    triple_weekday: int
    """0 is Monday."""


def charged(terms: SymbolTerms, deals: Iterable[DealTerms], stated_per_lot: float | None) -> AccountCosts:
    """Read an account's costs; the dearest of the symbol's deals is its commission, else what was stated for a lot."""
    per_lot = [
        -(deal.commission + deal.fee) / deal.volume
        for deal in deals
        if deal.type in _BUY_OR_SELL and deal.volume > 0
    ]
    commission = max(per_lot, default=stated_per_lot)
    return AccountCosts(
        None if commission is None else _of_money(commission, terms),
        _swap(terms, terms.swap_long),
        _swap(terms, terms.swap_short),
        (terms.swap_rollover3days - 1) % 7,
    )


def misfits(
    judged: CostFacts, account: AccountCosts, price: float, pip: float, tolerance_pips: float
) -> list[str]:
    """Say in what the account is dearer than what was judged, by more than the tolerance; nothing where it fits.

    `price` is the symbol's now, which a commission by notional depends on.
    """
    return [
        *_commission_misfits(judged, account, price, pip, tolerance_pips),
        *_swap_misfits(judged, account, pip, tolerance_pips),
    ]


def _commission_misfits(
    judged: CostFacts, account: AccountCosts, price: float, pip: float, tolerance_pips: float
) -> Iterator[str]:
    asked, least = judged.commission, judged.minimum_commission
    expected = max(asked.share * price + asked.fixed, least.share * price + least.fixed) / pip
    if account.commission is None:
        yield _MISSING
    elif account.commission / pip > expected + tolerance_pips:
        yield (
            f"Expected a commission of at most {expected:.3f} pips a side by the profile {judged.profile}, "
            f"was {account.commission / pip:.3f}"
        )


def _swap_misfits(
    judged: CostFacts, account: AccountCosts, pip: float, tolerance_pips: float
) -> Iterator[str]:
    sides = (
        ("long", judged.swap_long_pips, account.swap_long),
        ("short", judged.swap_short_pips, account.swap_short),
    )
    for side, expected, found in sides:
        if found is None:
            yield f"Expected a swap {side} whose cost can be told, was one of margin currency or by reopening"
        elif found / pip > expected + tolerance_pips:
            yield (
                f"Expected a swap {side} of at most {expected:.3f} pips a night by the profile {judged.profile}, "
                f"was {found / pip:.3f}"
            )
    triple = _triple_weekday(judged.nights)
    if any((account.swap_long, account.swap_short)) and account.triple_weekday != triple:
        yield f"Expected the triple swap on weekday {triple} (0 is Monday), was {account.triple_weekday}"


def _triple_weekday(nights: Sequence[int]) -> int:
    return max(range(len(nights)), key=nights.__getitem__)


def _swap(terms: SymbolTerms, stated: float) -> float | None:
    """A night's swap as a cost: MetaTrader's is negative where it is charged."""
    mode = terms.swap_mode
    if mode == _DISABLED:
        return 0.0
    if mode == _POINTS:
        return -stated * terms.point
    if mode == _BASE_CURRENCY:
        return -stated * terms.bid / terms.trade_contract_size
    if mode == _DEPOSIT_CURRENCY:
        return _of_money(-stated, terms)
    if mode in (_INTEREST_CURRENT, _INTEREST_OPEN):
        return -stated / 100 * terms.bid / _DAYS_OF_INTEREST
    return None


def _of_money(per_lot: float, terms: SymbolTerms) -> float:
    """Account currency a lot as price units: a tick of the price is worth `trade_tick_value` a lot."""
    return per_lot / terms.trade_tick_value * terms.trade_tick_size
