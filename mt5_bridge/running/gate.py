"""What stands before the rules of risk: kill switch, a symbol's halt, and whether the signal is fresh."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from mt5_bridge.clock import Clock
from mt5_bridge.config import FreshnessConfig
from mt5_bridge.trading.freshness import Clocks, doubt
from mt5_bridge.trading.risk import Risk, Verdict
from mt5_bridge.trading.words import Entry, Order, Quote
from mt5_bridge.wire.contract import Signal

_NOTHING = Decimal(0)
HALTED = "difference"
"""The word of a symbol whose journal and terminal differ."""


class Gate:
    """Asks the rules only about what may be sent at all. `standing` gives the terminal's own quote of a symbol, UTC."""

    def __init__(
        self, rules: Risk, limits: FreshnessConfig, clock: Clock, standing: Callable[[str], Quote | None]
    ) -> None:
        self._rules = rules
        self._limits = limits
        self._clock = clock
        self._standing = standing
        self.clocks = Clocks()
        self.killed: str | None = None
        """Why nothing may be entered."""
        self.halts: dict[str, str] = {}
        """Why nothing may be entered of a symbol."""

    def judge(self, order: Order, signal: Signal | None, quote: Quote) -> Verdict:
        if self.killed is not None:
            return Verdict(_NOTHING, "killed", self.killed)
        if order.symbol in self.halts:
            return Verdict(_NOTHING, HALTED, self.halts[order.symbol])
        if signal is not None:
            reason = doubt(
                self._limits,
                signal,
                quote,
                self._standing(order.symbol),
                self._clock.now_us(),
                self.clocks,
            )
            if reason is not None:
                return Verdict(_NOTHING, reason)
        return self._rules.judge(order, signal, quote)

    def learn(self, entry: Entry) -> None:
        self._rules.learn(entry)
