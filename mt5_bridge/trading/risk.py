"""How the bridge asks the rules of risk; the rules themselves know nothing of bridge, journal or terminal."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, Protocol

from mt5_bridge.trading.words import Entry, Order, Quote
from mt5_bridge.wire.contract import Signal


class Verdict(NamedTuple):
    volume: Decimal
    """Lots to send; 0 where it may not be sent."""
    reason: str
    """Why not, or what bound the volume; a word for tables."""
    detail: str = ""


class Risk(Protocol):
    def judge(self, order: Order, signal: Signal | None, quote: Quote) -> Verdict:
        """Say how much of an order may be sent now. `signal` is None where an earlier process saw it."""

    def learn(self, entry: Entry) -> None:
        """Take in what became of an order that was allowed. Told again after a restart, it changes nothing."""


class OneLot:
    """No rules: every order is of one lot, as paper trades, whose results are in price units."""

    def judge(self, order: Order, signal: Signal | None, quote: Quote) -> Verdict:  # noqa: ARG002 - of the protocol
        return Verdict(order.volume, "")

    def learn(self, entry: Entry) -> None:
        pass
