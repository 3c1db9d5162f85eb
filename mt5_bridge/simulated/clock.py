"""The market's time as the bridge's clock: warped, where a sleep ends at the next quote, or at a pace."""

from __future__ import annotations

import time

from mt5_bridge.simulated.market import NEVER_US
from mt5_bridge.simulated.server import Server


class MarketClock:
    """A `Clock` that moves a broker's market: so many market seconds pass in one, or warped where None."""

    def __init__(self, server: Server, pace: float | None = None) -> None:
        self._server = server
        self._pace = pace
        self._origin = time.monotonic(), server.market.now_us

    @property
    def is_over(self) -> bool:
        """Whether the recording has no more quotes."""
        return self._server.market.next_us == NEVER_US

    def now_us(self) -> int:
        self.sync()
        return self._server.market.now_us

    def sleep(self, seconds: float) -> None:
        """Warped: until the next quote, whenever that is; after the last one as long as was asked."""
        if self._pace is not None:
            time.sleep(seconds / self._pace)
            self.sync()
        elif not self._server.step():
            market = self._server.market
            market.wait_until(market.now_us + round(seconds * 1e6))

    def sync(self) -> None:
        """At a pace: let happen what is due, or wait for the market where a request has moved it ahead."""
        if self._pace is None:
            return
        started, first_us = self._origin
        due_us = first_us + round((time.monotonic() - started) * self._pace * 1e6)
        self._server.run_until(due_us)
        ahead_us = self._server.market.now_us - due_us
        if ahead_us > 0:
            time.sleep(ahead_us / 1e6 / self._pace)
