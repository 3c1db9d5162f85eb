"""The terminal of a running bridge: connected, at the account of the start, lost, and found again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mt5_bridge.clock import Clock
from mt5_bridge.errors import TerminalError
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.terminal.package import failure
from mt5_bridge.ticks.broker_clock import BrokerClock
from mt5_bridge.trading.modes import Account, AccountGuard, account_of
from mt5_bridge.trading.words import Quote

_MARGIN_S = 86_400
"""Asked for around the moments that matter, as the broker's clock may be ahead or behind."""


class TerminalSession:
    """`names` are the broker's by ours; they are put into the Market Watch, without which a symbol has no ticks."""

    def __init__(
        self, mt5: RunningMt5, clock: Clock, broker_clock: BrokerClock, names: Mapping[str, str]
    ) -> None:
        self.mt5 = mt5
        self.clock = clock
        self._broker_clock = broker_clock
        self._names = names
        self._guard: AccountGuard | None = None

    def connect(self) -> Account:
        """Connect, or connect again; TerminalError in the terminal's own words where that fails.

        Again means: to the account of the first time, AccountChanged where it is another.
        """
        if not self.mt5.initialize():
            error = failure(self.mt5, "a running terminal")
            self.mt5.shutdown()
            raise error
        account = account_of(self.mt5)
        if self._guard is None:
            self._guard = AccountGuard(self.mt5, account)
        self.check()
        for name in self._names.values():
            if not self.mt5.symbol_select(name, True):
                raise failure(self.mt5, f"the broker to know the symbol {name!r}")
        return account

    def check(self) -> None:
        """Raises TerminalError where the terminal or its broker is away, AccountChanged where it was switched."""
        assert self._guard is not None
        self._guard.check()
        info = self.mt5.terminal_info()
        if info is None:
            raise failure(self.mt5, "the state of the terminal")
        if not info.connected:
            raise TerminalError("MetaTrader 5: Expected a terminal connected to its broker, was offline")

    def standing(self, symbol: str) -> Quote | None:
        """The terminal's own quote, UTC; None where it has none."""
        tick: Any = self.mt5.symbol_info_tick(self._names[symbol])
        if tick is None or not (tick.bid and tick.ask):
            return None
        return Quote(self._broker_clock.utc_us(tick.time_msc), 0, tick.bid, tick.ask)

    def ahead_seconds(self) -> float | None:
        """How far the newest of all quotes is ahead of this clock; below 0 on a quiet market."""
        quotes = [quote for symbol in self._names if (quote := self.standing(symbol)) is not None]
        if not quotes:
            return None
        return (max(quote.ts_us for quote in quotes) - self.clock.now_us()) / 1e6

    def deals_since(self, since_us: int) -> list[tuple[int, Any]]:
        """The account's deals from a moment on, each with its time, UTC; TerminalError where it has no answer."""
        first, last = (self._broker_clock.seconds(each) for each in (since_us, self.clock.now_us()))
        deals = self.mt5.history_deals_get(first - _MARGIN_S, last + _MARGIN_S)
        if deals is None:
            raise failure(self.mt5, "its deals of the history")
        timed = ((self._broker_clock.utc_us(deal.time_msc), deal) for deal in deals)
        return [(ts_us, deal) for ts_us, deal in timed if ts_us >= since_us]

    def close(self) -> None:
        self.mt5.shutdown()
