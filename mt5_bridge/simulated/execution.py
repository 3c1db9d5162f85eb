"""The desk: executes what the checks let pass, at the standing quote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.account import Account
from mt5_bridge.simulated.checks.pending_orders import modified
from mt5_bridge.simulated.checks.refusal import refusal
from mt5_bridge.simulated.checks.scene import Scene, met
from mt5_bridge.simulated.close_by import close_by
from mt5_bridge.simulated.faults import RequestFault
from mt5_bridge.simulated.fills import Tickets, closes, fill, held
from mt5_bridge.simulated.request import Answer, Request
from mt5_bridge.simulated.rows import Deal, Order, Position
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.trading.words import Quote

Slippage = Callable[[str, int], int]
"""Points by which a market fill of a symbol at a moment (epoch microseconds) is worse than its quote."""
_NO_QUOTE = Quote(0, 0, 0.0, 0.0)
_REFUSING = {
    RequestFault.REJECT: mt5.TRADE_RETCODE_REJECT,
    RequestFault.REQUOTE: mt5.TRADE_RETCODE_REQUOTE,
    RequestFault.PRICE_OFF: mt5.TRADE_RETCODE_PRICE_OFF,
}


class Desk:
    """Executes for all accounts of a broker; every change goes through the account's books."""

    def __init__(
        self,
        symbols: Mapping[str, Specification],
        standing: Mapping[str, Quote],
        tickets: Tickets,
        slippage: Slippage,
    ) -> None:
        self._symbols = symbols
        self._standing = standing
        self._tickets = tickets
        self._slippage = slippage

    def execute(self, scene: Scene, request: Request, fault: RequestFault | None = None) -> Answer:
        """Check and execute one request; the answer carries the standing quote."""
        quote = self._standing.get(request.symbol, _NO_QUOTE)
        code = refusal(scene, request)
        if not code and fault in _REFUSING:
            code = _REFUSING[fault]
            if request.action == mt5.TRADE_ACTION_DEAL and fault is RequestFault.REJECT:
                order = self._order(request, scene.now_us, mt5.ORDER_STATE_REJECTED)
                scene.account.ledger.put(replace(order, time_done_us=scene.now_us))
                return Answer(code, order=order.ticket, bid=quote.bid, ask=quote.ask)
        if code:
            return Answer(code, bid=quote.bid, ask=quote.ask)
        match request.action:
            case mt5.TRADE_ACTION_DEAL:
                answer = self._market_order(scene, request, is_short=fault is RequestFault.PARTIAL)
            case mt5.TRADE_ACTION_PENDING:
                order = self._order(request, scene.now_us, mt5.ORDER_STATE_PLACED)
                scene.account.ledger.put(order)
                answer = Answer(mt5.TRADE_RETCODE_DONE, order=order.ticket, volume=order.volume_initial)
            case mt5.TRADE_ACTION_CLOSE_BY:
                answer = self._close_by(scene, request)
            case _:
                answer = self._change(scene, request)
        return replace(answer, bid=quote.bid, ask=quote.ask)

    def exit_at(
        self, account: Account, position: Position, price: float, reason: int, comment: str, now_us: int
    ) -> Deal:
        """Close a whole position on the broker's own account: a stop, a target, a stop out."""
        order = Order(
            ticket=self._tickets.order(),
            symbol=position.symbol,
            type=mt5.ORDER_TYPE_SELL if position.sign > 0 else mt5.ORDER_TYPE_BUY,
            state=mt5.ORDER_STATE_STARTED,
            volume_initial=position.volume,
            volume_current=position.volume,
            time_setup_us=now_us,
            reason=reason,
            sl=position.sl,
            tp=position.tp,
            magic=position.magic,
            position_id=position.ticket,
            comment=comment,
        )
        symbol = self._symbols[position.symbol]
        slipped = price if reason == mt5.DEAL_REASON_TP else self._slipped(symbol, order.sign, price, now_us)
        return fill(account, symbol, order, position.volume, slipped, now_us, self._tickets)[1]

    def fill_live(self, account: Account, order: Order, now_us: int) -> None:
        """Execute what is left of a live order at the standing quote; of a market order as much as the quote has.

        A close whose position is gone meanwhile is cancelled.
        """
        quote, symbol = self._standing[order.symbol], self._symbols[order.symbol]
        price = quote.ask if order.sign > 0 else quote.bid
        volume = order.volume_current if order.is_pending else symbol.at_once(order.volume_current)
        if closes(account, order):
            position = held(account, order)
            if position is None:
                account.ledger.put(replace(order, state=mt5.ORDER_STATE_CANCELED, time_done_us=now_us))
                return
            volume = min(volume, position.volume)
        fill(account, symbol, order, volume, price, now_us, self._tickets)

    def _market_order(self, scene: Scene, request: Request, *, is_short: bool) -> Answer:
        """A market that is short of volume has half of it: FOK is killed, IOC takes it, RETURN waits for the rest."""
        symbol, quote = self._symbols[request.symbol], self._standing[request.symbol]
        order = self._order(request, scene.now_us, mt5.ORDER_STATE_STARTED)
        volume = symbol.at_once(request.volume)
        if is_short and symbol.execution in {"market", "exchange"}:
            half = volume / 2 // symbol.volume_step * symbol.volume_step
            volume = half if half >= symbol.volume_min else volume
        if volume < request.volume and request.type_filling == mt5.ORDER_FILLING_FOK:
            done = replace(order, state=mt5.ORDER_STATE_CANCELED, time_done_us=scene.now_us)
            scene.account.ledger.put(done)
            return Answer(mt5.TRADE_RETCODE_REJECT, order=order.ticket)
        asked = quote.ask if order.sign > 0 else quote.bid
        price = self._slipped(symbol, order.sign, asked, scene.now_us)
        after, deal = fill(scene.account, symbol, order, volume, price, scene.now_us, self._tickets)
        if after.volume_current and request.type_filling == mt5.ORDER_FILLING_IOC:
            scene.account.ledger.put(
                replace(after, state=mt5.ORDER_STATE_CANCELED, time_done_us=scene.now_us)
            )
        code = mt5.TRADE_RETCODE_DONE_PARTIAL if after.volume_current else mt5.TRADE_RETCODE_DONE
        return Answer(code, deal=deal.ticket, order=order.ticket, volume=volume, price=price)

    def _slipped(self, symbol: Specification, sign: int, price: float, now_us: int) -> float:
        points = self._slippage(symbol.name, now_us)
        return round(price + sign * points * symbol.point, symbol.digits) if points else price

    def _change(self, scene: Scene, request: Request) -> Answer:
        """Stops of a position; prices of a pending order, or its end."""
        ledger = scene.account.ledger
        if request.action == mt5.TRADE_ACTION_SLTP:
            position = met(scene.account, request)
            assert position is not None
            ledger.put(replace(position, sl=request.sl, tp=request.tp, time_update_us=scene.now_us))
            return Answer(mt5.TRADE_RETCODE_DONE)
        order = ledger.orders[request.order]
        if request.action == mt5.TRADE_ACTION_MODIFY:
            ledger.put(modified(order, request))
        else:
            ledger.put(replace(order, state=mt5.ORDER_STATE_CANCELED, time_done_us=scene.now_us))
        return Answer(mt5.TRADE_RETCODE_DONE, order=order.ticket)

    def _close_by(self, scene: Scene, request: Request) -> Answer:
        positions = scene.account.ledger.positions
        pair = positions[request.position], positions[request.position_by]
        symbol = self._symbols[pair[0].symbol]
        order = self._order(replace(request, symbol=symbol.name), scene.now_us, mt5.ORDER_STATE_STARTED)
        deal = close_by(scene.account, symbol, order, pair, scene.now_us, self._tickets)
        return Answer(mt5.TRADE_RETCODE_DONE, deal=deal.ticket, order=order.ticket, volume=deal.volume)

    def _order(self, request: Request, now_us: int, state: int) -> Order:
        return Order(
            ticket=self._tickets.order(),
            symbol=request.symbol,
            type=request.type,
            state=state,
            volume_initial=request.volume,
            volume_current=request.volume,
            time_setup_us=now_us,
            reason=request.reason,
            price_open=request.price,
            price_stoplimit=request.stoplimit,
            sl=request.sl,
            tp=request.tp,
            expiration=request.expiration,
            type_time=request.type_time,
            type_filling=request.type_filling,
            magic=request.magic,
            position_id=request.position,
            position_by_id=request.position_by,
            comment=request.comment,
        )
