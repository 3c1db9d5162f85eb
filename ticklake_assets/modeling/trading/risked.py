"""A simulated day under the rules of risk: the live bridge's own rules, asked before each order of the backtest.

    book = RiskBook(plan, instrument)
    run = simulate_day(day, quotes, decisions, instrument, book)     # days in their order: the account goes on
    book.trades[-len(run.trades):], book.balance

The account holds positions of this symbol alone, one at a time, so that its equity at a signal is its balance.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import numpy as np

from mt5_bridge.exact import exact
from mt5_bridge.risk.desk import RiskDesk
from mt5_bridge.risk.facts import Closed, Fact, Filled, Released
from mt5_bridge.risk.limits import Limits
from mt5_bridge.risk.words import Account, Allowed, Proposal, Refused, SymbolTerms, money
from ticklake_assets.core.costs import trade_costs
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.orders import LONG
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.decision import Decision
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.trading.simulation import Trade


class Lots(Document):
    """What the broker takes, in lots."""

    least: Decimal = Decimal("0.01")
    step: Decimal = Decimal("0.01")
    most: Decimal = Decimal(50)


class RiskPlan(NamedTuple):
    """Whose account, and by which limits."""

    limits: Limits
    balance: Decimal
    """At the first tested day's start."""
    currency: str
    rate: Decimal
    """Account currency for one unit of the symbol's quote currency, the same on all days."""
    rate_from: str
    """Where it is from, in words with its date."""
    lots: Lots = Lots()


class SizedTrade(Document):
    """What risk made of a trade of the day."""

    signal_us: int
    volume: Decimal
    """Lots."""
    bound_by: str
    """The limit that a larger volume would have passed."""
    risk: Decimal
    """Loss at its stop by the signal's quote, account currency."""
    net: Decimal
    """Account currency, to the cent."""


class RiskRefusal(Document):
    """A signal that risk let pass."""

    signal_us: int
    reason: str
    """The bridge's word for it."""
    detail: str


class RiskBook:
    """The account's way through the days. What it allowed last is the order at work until it is ended."""

    def __init__(self, plan: RiskPlan, instrument: Instrument, start_us: int = 0) -> None:
        self._plan = plan
        self._instrument = instrument
        self._terms = terms_of(instrument, plan.lots)
        self.facts: list[Fact] = []
        """All that happened, as the bridge's journal would have it."""
        self._desk = RiskDesk(plan.limits, start_us, record=self.facts.append)
        self.balance = plan.balance
        self._asked: tuple[Proposal, Allowed] | None = None
        self.trades: list[SizedTrade] = []
        """Of all days so far."""
        self.refused: list[RiskRefusal] = []

    def forbids(self, day: SymbolDay, decision: Decision, bid: float, ask: float) -> str | None:
        """The reason word where no order may be sent; bid and ask are the signal's quote."""
        proposal = self._proposal(day, decision, bid, ask)
        rates = {self._terms.quote: self._plan.rate}
        verdict = self._desk.ask(proposal, Account(self._plan.currency, self.balance, rates=rates))
        if isinstance(verdict, Refused):
            refusal = RiskRefusal(
                signal_us=decision.ts_us, reason=verdict.reason.value, detail=verdict.detail
            )
            self.refused.append(refusal)
            return refusal.reason
        self._asked = proposal, verdict
        return None

    def release(self, ts_us: int) -> None:
        """The order became no position."""
        proposal, _ = self._at_work()
        self._desk.take(Released(ts_us=ts_us, intent_id=proposal.intent_id))

    def close(self, trade: Trade) -> None:
        """The order was filled and closed."""
        proposal, allowed = self._at_work()
        intent, volume = proposal.intent_id, allowed.volume
        slipped = proposal.slippage_pips(trade.entry)
        self._desk.take(Filled(ts_us=trade.entry_us, intent_id=intent, volume=volume, slippage_pips=slipped))
        earned = money(trade.net, volume, self._terms, self._plan.rate)
        self._desk.take(Closed(ts_us=trade.exit_us, intent_id=intent, net=earned))
        self.balance += earned
        self.trades.append(
            SizedTrade(
                signal_us=proposal.ts_us,
                volume=volume,
                bound_by=allowed.bound_by.value,
                risk=allowed.exposure.risk.quantize(Decimal("0.01")),
                net=earned,
            )
        )

    def _at_work(self) -> tuple[Proposal, Allowed]:
        assert self._asked is not None
        asked, self._asked = self._asked, None
        return asked

    def _proposal(self, day: SymbolDay, decision: Decision, bid: float, ask: float) -> Proposal:
        entry = ask if decision.side == LONG else bid
        at, prices, stops = (np.array([each]) for each in (decision.ts_us, entry, decision.stop))
        cost = trade_costs(day, self._instrument, decision.side, at, prices, at, stops).total
        return Proposal(
            intent_id=f"{day.symbol}-{decision.ts_us}-{decision.side}",
            terms=self._terms,
            side="long" if decision.side == LONG else "short",
            ts_us=decision.ts_us,
            bid=bid,
            ask=ask,
            stop=decision.stop,
            cost=float(cost[0]),
        )


def terms_of(instrument: Instrument, lots: Lots) -> SymbolTerms:
    """The symbol as the rules know it, by its own facts and its cost profile."""
    account = instrument.costs.account
    return SymbolTerms(
        symbol=instrument.symbol,
        base=instrument.base,
        quote=instrument.quote,
        pip=exact(instrument.pip),
        units=exact(account.units) / exact(account.lots),
        margin_rate=exact(account.margin_rate),
        volume_min=lots.least,
        volume_step=lots.step,
        volume_max=lots.most,
    )
