"""Takes positions out of the market, or their stops along: each request is on disk before it is sent."""

from __future__ import annotations

from mt5_bridge.clock import Clock
from mt5_bridge.errors import OrderRefused, OutcomeUnknown
from mt5_bridge.terminal.exits import stop_wanted
from mt5_bridge.terminal.live import Live, OrderSettings
from mt5_bridge.terminal.market import Market
from mt5_bridge.terminal.package import Mt5
from mt5_bridge.terminal.request import (
    close_by_request,
    close_request,
    modify_request,
    on_grid,
    part_of,
    remove_request,
)
from mt5_bridge.terminal.resolve import Inquiry
from mt5_bridge.terminal.retcodes import Action
from mt5_bridge.terminal.sending import Sender, Unfit
from mt5_bridge.terminal.stops import is_frozen, too_near
from mt5_bridge.trading.words import Announce, Outcome, Request


class Closer:
    """Its methods return whether anything was handed over. What is refused is tried again at a later quote."""

    def __init__(
        self,
        mt5: Mt5,
        sender: Sender,
        market: Market,
        clock: Clock,
        announce: Announce,
        settings: OrderSettings,
        *,
        is_hedging: bool,
    ) -> None:
        self._mt5 = mt5
        self._sender = sender
        self._market = market
        self._clock = clock
        self._announce = announce
        self._settings = settings
        self._is_hedging = is_hedging

    def close(self, live: Live, why: Outcome) -> bool:
        """Close what is open of it at the market."""
        row, report = live.row, live.report
        if row is None or report is None or report.position is None or not self._may_try(live):
            return False
        order = live.order
        try:
            symbol, tick = self._market.symbol(order.symbol), self._market.tick(order.symbol)
            if is_frozen(order.side, row, tick, symbol):
                return False  # its stop or target is a few points off
            volume = (
                part_of(report.position.left, symbol) or report.position.left
            )  # a rest below a step, whole
            request = close_request(
                self._mt5, order.intent_id, row, volume, symbol, tick, self._settings.deviation_points
            )
            self._sender.check(request)
        except OrderRefused:
            return self._later(live)
        return self._close(live, request, "close", why)

    def close_pair(self, live: Live, opposite: Live, why: Outcome) -> bool:
        """On a hedging account, two opposite positions of ours that are both due: one by the other."""
        rows = live.row, opposite.row
        if not self._is_hedging or rows[0] is None or rows[1] is None or not self._may_try(live):
            return False
        request = close_by_request(self._mt5, live.order.intent_id, rows[0], rows[1])
        self._announce(Request(opposite.order.intent_id, "close_by", why))
        opposite.closing = why
        return self._close(live, request, "close_by", why)

    def follow(self, live: Live) -> bool:
        """Put the stop where it should lie: as ordered where the broker dropped it, else after the price."""
        row, report, order = live.row, live.report, live.order
        if row is None or report is None or report.position is None or report.position.by_hand:
            return False
        position, rules = report.position, self._settings
        is_whole = position.stop is not None and position.target is not None
        if is_whole and rules.break_even_at is None and rules.trail_points is None:
            return False
        if not self._may_try(live):
            return False
        try:
            symbol, tick = self._market.symbol(order.symbol), self._market.tick(order.symbol)
        except OrderRefused:
            return self._later(live)
        wanted = stop_wanted(rules, order, position, tick, symbol)
        if not is_whole:
            wanted = on_grid(order.stop, symbol), "dropped_by_broker"
        if wanted is None:
            return False
        stop, why = wanted
        target = row.tp or on_grid(order.target, symbol)
        if too_near(order.side, stop, target, tick, symbol) or is_frozen(order.side, row, tick, symbol):
            return False
        self._announce(Request(order.intent_id, "modify", why, stop))
        live.asked_stop = stop
        self._hand_over(live, modify_request(self._mt5, order.intent_id, row, stop, target))
        return True

    def remove(self, live: Live) -> bool:
        """Take back what is not filled."""
        if not live.waiting or self._clock.now_us() < live.not_before_us:
            return False
        for ticket in live.waiting:
            self._announce(Request(live.order.intent_id, "remove", "entry_window"))
            self._hand_over(live, remove_request(self._mt5, ticket))
        return True

    def _close(self, live: Live, request: dict[str, object], action: str, why: Outcome) -> bool:
        self._announce(Request(live.order.intent_id, action, why))
        live.closing = why
        assert live.report is not None
        assert live.report.position is not None
        if self._hand_over(live, request) and not self._is_hedging:
            live.closing_inquiry = Inquiry(self._settings.patience)
            live.closing_volume = live.report.position.left
        return True

    def _hand_over(self, live: Live, request: dict[str, object]) -> bool:
        """Returns whether it may have been done."""
        try:
            self._sender.send(request)
        except OutcomeUnknown:
            self._later(live)
        except OrderRefused as refusal:
            if not isinstance(refusal, Unfit) or refusal.row.action is not Action.AGAIN:
                self._later(live)
            return False
        else:
            self._later(live)
        return True

    def _may_try(self, live: Live) -> bool:
        inquiry = live.closing_inquiry
        return self._clock.now_us() >= live.not_before_us and (inquiry is None or inquiry.is_over)

    def _later(self, live: Live) -> bool:
        live.not_before_us = self._clock.now_us() + self._settings.pause_us
        return False
