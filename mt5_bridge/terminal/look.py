"""One look at an account: all that its terminal knows of orders, deals and positions, or OutcomeUnknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mt5_bridge.errors import OutcomeUnknown, TerminalError
from mt5_bridge.terminal.package import Mt5, failure
from mt5_bridge.terminal.records import Account, BrokerOrder, BrokerPosition, Deal, Read, read
from mt5_bridge.ticks.broker_clock import BrokerClock

_MARGIN_US = 86_400_000_000
"""Asked for around the moments that matter: the broker's clock, and a history that is written late."""


ALL_TIME_S = 0, 2**31 - 1
"""From and until when, in seconds: more the vendor's package does not take."""


def booked(mt5: Mt5, since_s: int, until_s: int) -> tuple[Any, list[Deal]]:
    """The account and its deals of a span, seconds on the broker's clock; TerminalError where it does not say."""
    info, deals = mt5.account_info(), mt5.history_deals_get(since_s, until_s)
    if info is None or deals is None:
        raise failure(mt5, "account and deals of the history")
    return info, [read(Deal, deal) for deal in deals]


@dataclass(frozen=True)
class Look:
    positions: list[BrokerPosition]
    orders: list[BrokerOrder]
    """That wait."""
    past_orders: list[BrokerOrder]
    deals: list[Deal]


class Observer:
    """Asks the terminal; believes it only while it has its broker and is logged in to the same account."""

    def __init__(self, mt5: Mt5, clock: BrokerClock) -> None:
        self._mt5 = mt5
        self._clock = clock
        self.account = _account(mt5)
        """As it was when the bridge began."""

    def assert_same_account(self) -> None:
        """OutcomeUnknown where another account is logged in: what it shows says nothing of ours."""
        try:
            now = _account(self._mt5)
        except TerminalError as error:
            raise OutcomeUnknown(str(error)) from error
        expected, found = ((each.login, each.server) for each in (self.account, now))
        if found != expected:
            raise OutcomeUnknown(f"MetaTrader 5: Expected account {expected}, was {found}")

    def positions(self) -> list[BrokerPosition]:
        self.assert_same_account()
        return self._ask(BrokerPosition, self._mt5.positions_get, "positions")

    def look(self, first_us: int, now_us: int) -> Look:
        """All of now, and the history from a moment on."""
        info = self._mt5.terminal_info()
        if info is None or not info.connected:
            raise OutcomeUnknown("MetaTrader 5: Expected a terminal connected to its broker, was offline")
        since, until = self._clock.seconds(first_us - _MARGIN_US), self._clock.seconds(now_us + _MARGIN_US)
        positions = self.positions()
        orders = self._ask(BrokerOrder, self._mt5.orders_get, "orders")
        past = self._ask(
            BrokerOrder, lambda: self._mt5.history_orders_get(since, until), "orders of the history"
        )
        deals = self._ask(Deal, lambda: self._mt5.history_deals_get(since, until), "deals of the history")
        deals.sort(key=lambda deal: (deal.time_msc, deal.ticket))
        self.assert_same_account()  # not switched between two answers
        return Look(positions, orders, past, deals)

    def _ask(self, kind: type[Read], asked: Callable[[], Iterable[Any] | None], what: str) -> list[Read]:
        rows = asked()
        if rows is None:
            raise OutcomeUnknown(str(failure(self._mt5, f"its {what}")))
        return [read(kind, row) for row in rows]


def _account(mt5: Mt5) -> Account:
    info = mt5.account_info()
    if info is None:
        raise failure(mt5, "an account that is logged in")
    return read(Account, info)
