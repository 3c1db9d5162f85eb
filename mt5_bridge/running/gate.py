"""What stands before the rules of risk: kill switch, a symbol's halt, and whether the signal is fresh."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from mt5_bridge.clock import Clock
from mt5_bridge.running.events import Became, EventStream, Refused
from mt5_bridge.trading.freshness import Clocks, FreshnessLimits, doubt
from mt5_bridge.trading.risk import Risk, Verdict
from mt5_bridge.trading.words import Entry, Order, Quote
from mt5_bridge.wire.contract import Signal

_NOTHING = Decimal(0)
HALTED = "difference"
"""The word of a symbol whose journal and terminal differ."""


class Gate:
    """Asks the rules only about what may be sent at all. `standing` gives the terminal's own quote of a symbol, UTC."""

    def __init__(
        self,
        rules: Risk,
        limits: FreshnessLimits,
        clock: Clock,
        standing: Callable[[str], Quote | None],
        events: EventStream,
    ) -> None:
        self._rules = rules
        self._events = events
        self._limits = limits
        self._clock = clock
        self._standing = standing
        self.clocks = Clocks()
        self.killed: str | None = None
        """Why nothing may be entered."""
        self.halts: dict[str, str] = {}
        """Why nothing may be entered of a symbol."""

    def judge(self, order: Order, signal: Signal | None, quote: Quote) -> Verdict:
        verdict = self._refusal(order, signal, quote) or self._rules.judge(order, signal, quote)
        if not verdict.volume:
            refused = Refused(
                self._clock.now_us(), order.symbol, order.intent_id, verdict.reason, verdict.detail
            )
            self._events.publish(refused)
        return verdict

    def learn(self, entry: Entry) -> None:
        self._rules.learn(entry)
        intent = entry.intent
        self._events.publish(
            Became(self._clock.now_us(), intent.symbol, intent.intent_id, entry.fate, entry.reason)
        )

    def _refusal(self, order: Order, signal: Signal | None, quote: Quote) -> Verdict | None:
        if self.killed is not None:
            return Verdict(_NOTHING, "killed", self.killed)
        if order.symbol in self.halts:
            return Verdict(_NOTHING, HALTED, self.halts[order.symbol])
        if signal is None:
            return None
        standing, now_us = self._standing(order.symbol), self._clock.now_us()
        reason = doubt(self._limits, signal, quote, standing, now_us, self.clocks)
        return None if reason is None else Verdict(_NOTHING, reason)
