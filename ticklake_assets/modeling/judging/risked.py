"""What the rules of risk make of a test: the same decisions on the same quotes, each order asked for and sized.

It stands beside the test and changes no figure of it: gates judge the model, at one size a trade.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Quotes
from ticklake_assets.modeling.deployed.decision import Decision
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.trading.risked import Lots, RiskBook, RiskPlan, RiskRefusal, SizedTrade
from ticklake_assets.modeling.trading.simulation import (
    NO_ENTRY_REASON,
    POSITION_OPEN,
    Trade,
    simulate_day,
)


class RiskedDay(Document):
    """One day under the rules. Signals = trades + refused + position_open + no_entry."""

    day: date
    trades: tuple[Trade, ...]
    sized: tuple[SizedTrade, ...]
    """What risk made of each of `trades`."""
    refused: tuple[RiskRefusal, ...]
    position_open: int
    no_entry: int
    net: Decimal
    """Account currency, to the cent."""
    balance: Decimal
    """At the day's end."""


class RiskedTest(Document):
    """The tested days under limits, in the account's money."""

    limits: str
    """Digest of the limits and their calendar, as the bridge journals it."""
    currency: str
    balance: Decimal
    """Before the first day."""
    rate: Decimal
    """Account currency for one unit of the quote currency."""
    rate_from: str
    lots: Lots
    days: tuple[RiskedDay, ...]

    @property
    def net(self) -> Decimal:
        return sum((day.net for day in self.days), Decimal(0))

    @property
    def refusals(self) -> dict[str, int]:
        """How many signals each reason refused, the commonest first."""
        words = [refusal.reason for day in self.days for refusal in day.refused]
        return {word: words.count(word) for word in sorted(set(words), key=lambda each: -words.count(each))}


class DecidedDay(NamedTuple):
    """A day's quotes and what was decided on them."""

    day: SymbolDay
    quotes: Quotes
    decisions: list[Decision]


def run_risked(plan: RiskPlan, instrument: Instrument, days: Iterable[DecidedDay]) -> RiskedTest:
    """Trade the days in their order on one account."""
    book = RiskBook(plan, instrument)
    found = [_risked_day(book, each, instrument) for each in days]
    return RiskedTest(
        limits=plan.limits.digest,
        currency=plan.currency,
        balance=plan.balance,
        rate=plan.rate,
        rate_from=plan.rate_from,
        lots=plan.lots,
        days=tuple(found),
    )


def _risked_day(book: RiskBook, decided: DecidedDay, instrument: Instrument) -> RiskedDay:
    before, sized, refused = book.balance, len(book.trades), len(book.refused)
    run = simulate_day(decided.day, decided.quotes, decided.decisions, instrument, book)
    words = [word for _, word in run.refused]
    return RiskedDay(
        day=decided.day.trading_day,
        trades=run.trades,
        sized=tuple(book.trades[sized:]),
        refused=tuple(book.refused[refused:]),
        position_open=words.count(POSITION_OPEN),
        no_entry=words.count(NO_ENTRY_REASON),
        net=book.balance - before,
        balance=book.balance,
    )
