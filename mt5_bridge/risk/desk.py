"""Limits and state together: what the bridge and the backtest ask before each order.

    desk = RiskDesk(limits, now_us, facts=journal.facts, record=journal.append_fact)
    verdict = desk.ask(proposal, account)        # Allowed(volume, ...) | Refused(reason, detail)
    desk.take(Filled(ts_us=..., intent_id=..., volume=...))

Give the equity in whole cents: each other one is a fact. After `Allowed` comes `Released` where no position comes of
it (refused, lapsed, no entry), else `Filled` and, for each part that is closed, `Closed`.

Every fact goes to `record` before it counts. What `ask` learns, and the reservation of what it allows, are facts, too:
a desk that is rebuilt from the recorded ones goes on as if it had never stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mt5_bridge.risk.facts import DayBegan, EquitySeen, Fact, Killed, LimitsChanged, Reserved, Resumed
from mt5_bridge.risk.limits import Limits
from mt5_bridge.risk.rules import decide
from mt5_bridge.risk.state import RiskState
from mt5_bridge.risk.words import Account, Allowed, Proposal, Verdict


class RiskDesk:
    """`facts` are those recorded before, `now_us` when these limits begin to hold, where they are others."""

    def __init__(
        self,
        limits: Limits,
        now_us: int,
        facts: Iterable[Fact] = (),
        record: Callable[[Fact], None] | None = None,
    ) -> None:
        self._record = record
        self.state = RiskState.of(facts)
        self.limits = limits
        self.change(limits, now_us)

    def take(self, fact: Fact) -> None:
        """Record what happened; from here on it counts."""
        if self._record is not None:
            self._record(fact)
        self.state = self.state.after(fact)

    def change(self, limits: Limits, now_us: int) -> None:
        """Other limits from now on; what was decided by the old ones stays."""
        self.limits = limits
        if self.state.limits != limits.digest:
            self.take(LimitsChanged(ts_us=now_us, digest=limits.digest, clock=limits.day.clock))

    def switch(self, killed: str | None, now_us: int) -> None:
        """What the kill switch says: a reason, or None where it is off."""
        if killed is not None and self.state.killed is None:
            self.take(Killed(ts_us=now_us, reason=killed))
        elif killed is None and self.state.killed is not None:
            self.take(Resumed(ts_us=now_us))

    def see(self, ts_us: int, account: Account) -> None:
        """Note the equity where it tells something new."""
        state = self.state.on(ts_us)
        if state.day_start is None:
            self.take(DayBegan(ts_us=ts_us, equity=account.equity))
        elif account.equity != state.equity:
            self.take(EquitySeen(ts_us=ts_us, equity=account.equity))

    def ask(self, proposal: Proposal, account: Account) -> Verdict:
        """Decide; an order that is allowed counts as taken until it is closed or released."""
        if account.equity.is_finite():
            self.see(proposal.ts_us, account)
        verdict = decide(self.limits, self.state, proposal, account)
        if isinstance(verdict, Allowed):
            self.take(Reserved(ts_us=proposal.ts_us, intent_id=proposal.intent_id, exposure=verdict.exposure))
        return verdict
