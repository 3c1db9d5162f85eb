"""Sends an entry: decided beforehand where the broker would refuse it, and once."""

from __future__ import annotations

from mt5_bridge.clock import Clock
from mt5_bridge.errors import OrderRefused
from mt5_bridge.terminal.live import Live, OrderSettings
from mt5_bridge.terminal.market import Market
from mt5_bridge.terminal.package import Mt5
from mt5_bridge.terminal.request import entry_request
from mt5_bridge.terminal.retcodes import Action
from mt5_bridge.terminal.sending import Sender, Unfit
from mt5_bridge.terminal.stops import has_left, too_near
from mt5_bridge.trading.words import Order, OrderReport, OrderState


class Entrance:
    def __init__(
        self, mt5: Mt5, sender: Sender, market: Market, clock: Clock, settings: OrderSettings
    ) -> None:
        self._mt5 = mt5
        self._sender = sender
        self._market = market
        self._clock = clock
        self._settings = settings

    def enter(self, live: Live) -> None:
        """Send it, again only while there surely is no order and the price was the reason.

        Raises OrderRefused where there is none, OutcomeUnknown where there may be one.
        """
        order = live.order
        window_end_us = order.earliest_entry_us + self._settings.entry_window_us
        refusal = OrderRefused(f"{order.intent_id}: its entry window is over", "entry_window")
        for _ in range(self._settings.attempts):
            now_us = self._clock.now_us()
            if now_us >= order.end_us:
                live.report = _no_entry(order, "its time was over before it was sent")
                return
            if now_us > window_end_us:
                break
            symbol, tick = self._market.symbol(order.symbol), self._market.tick(order.symbol)
            if has_left(order.side, order.stop, order.target, tick):
                live.report = _no_entry(order, "the market had left before it was sent")
                return
            near = too_near(order.side, order.stop, order.target, tick, symbol)
            if near is not None:
                raise OrderRefused(near, "stops_too_near")
            request = entry_request(self._mt5, order, symbol, tick, self._settings.deviation_points)
            try:
                self._sender.check(request)
                self._sender.send(request)
            except Unfit as no:
                if no.row.action is Action.NO_ENTRY:
                    live.report = _no_entry(order, str(no))
                    return
                if no.row.action is not Action.AGAIN:
                    raise
                refusal = no
            else:
                live.is_acknowledged = True
                return
        raise refusal


def _no_entry(order: Order, note: str) -> OrderReport:
    return OrderReport(order.intent_id, OrderState.NO_ENTRY, note=note)
