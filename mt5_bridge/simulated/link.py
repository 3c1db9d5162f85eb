"""The terminal between the package and the broker: whether it is there, who is logged in, and what it has heard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from mt5_bridge.simulated.account import Account
from mt5_bridge.simulated.faults import Late, Outage
from mt5_bridge.simulated.rows import Deal, Order, Position
from mt5_bridge.simulated.server import Server

_R = TypeVar("_R", Deal, Order, Position)


class Link:
    """One terminal: its outages and its lateness, by the broker's faults and the market's time."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.faults = server.broker.faults
        self.login = server.broker.accounts[0].login
        """Of the account that the terminal's owner has logged in to."""
        self._since_us: int | None = None
        self._orders: list[Order] = []
        self._positions: list[Position] = []

    @property
    def now_us(self) -> int:
        return self.server.market.now_us

    def open(self) -> bool:
        """Start or find the terminal; impossible while it installs an update."""
        if self.faults.is_out(Outage.RESTARTED, self.now_us):
            return False
        self._since_us = self.now_us
        return True

    def close(self) -> None:
        self._since_us = None

    @property
    def is_open(self) -> bool:
        """Whether the terminal that was initialized still runs."""
        if self._since_us is not None and self.faults.began(Outage.RESTARTED, self._since_us, self.now_us):
            self._since_us = None
        return self._since_us is not None

    @property
    def is_connected(self) -> bool:
        return not self.faults.is_out(Outage.DISCONNECTED, self.now_us)

    @property
    def is_trading(self) -> bool:
        """Whether the AutoTrading button is pressed."""
        return not self.faults.is_out(Outage.NO_AUTOTRADING, self.now_us)

    @property
    def account(self) -> Account:
        is_switched = self.faults.is_out(Outage.SWITCHED, self.now_us)
        return self.server.accounts[self.server.broker.accounts[1].login if is_switched else self.login]

    @property
    def heard_us(self) -> int:
        """The time up to which the terminal has heard of its broker."""
        heard_us = self.now_us
        while lasting := self.faults.lasting(Outage.DISCONNECTED, heard_us):
            heard_us = min(window.start_us for window in lasting) - 1
        return heard_us

    def ticks_heard(self, symbol: str) -> int:
        """How many ticks of a symbol have come."""
        market = self.server.market
        passed, heard_us = market.passed[symbol], self.heard_us
        while passed and market.quotes[symbol][passed - 1].ts_us > heard_us:
            passed -= 1
        return passed

    def deals(self) -> list[Deal]:
        return self._shown(self.account.ledger.deals, Late.DEALS)

    def history(self) -> list[Order]:
        return self._shown(self.account.ledger.history.values(), Late.HISTORY_ORDERS)

    def orders(self) -> list[Order]:
        """Without its broker a terminal shows what it showed before."""
        if self.is_connected:
            self._orders = self._shown(self.account.ledger.orders.values(), Late.ORDERS)
        return self._orders

    def positions(self) -> list[Position]:
        """As `orders`."""
        if self.is_connected:
            self._positions = self._shown(self.account.ledger.positions.values(), Late.POSITIONS)
        return self._positions

    def _shown(self, rows: Iterable[_R], kind: Late) -> list[_R]:
        """Rows whose news has arrived."""
        heard_us, faults = self.heard_us, self.faults
        shown: list[_R] = []
        for row in rows:
            if _born_us(row) + faults.lateness_us(kind, row.ticket) <= heard_us:
                shown += [row, row] if faults.is_doubled(kind, row.ticket) else [row]
        return shown


def _born_us(row: Deal | Order | Position) -> int:
    return (row.time_done_us or row.time_setup_us) if isinstance(row, Order) else row.time_us
