"""The module's functions that trade."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mt5_bridge.exact import exact
from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated import records
from mt5_bridge.simulated.calls.base import Terminal, asks
from mt5_bridge.simulated.checks.scene import Scene, margin_after
from mt5_bridge.simulated.faults import Outage, RequestFault
from mt5_bridge.simulated.money import decimal
from mt5_bridge.simulated.request import TEXTS, Answer, Request
from mt5_bridge.simulated.views.record import record
from mt5_bridge.simulated.views.terminal import money_fields

_NO_ANSWER = (mt5.RES_E_INTERNAL_FAIL_TIMEOUT, "IPC timeout")


class TradeCalls(Terminal):
    @asks()
    def order_calc_margin(
        self,
        action: int,  # noqa: ARG002 - both sides need the same
        symbol: str,
        volume: float,
        price: float,
    ) -> Any:
        if not self.knows(symbol):
            return None
        account, spec = self.link.account, self.server.symbols[symbol]
        lots = exact(volume)
        if spec.currency_profit == account.setup.currency:
            margin = lots * spec.contract_size * decimal(price) / account.setup.leverage
        else:
            margin = account.money.margin(spec, lots)
        return float(account.money.to_cents(margin))

    @asks()
    def order_calc_profit(
        self, action: int, symbol: str, volume: float, price_open: float, price_close: float
    ) -> Any:
        if not self.knows(symbol):
            return None
        sign = 1 if action == mt5.ORDER_TYPE_BUY else -1
        prices = decimal(price_open), decimal(price_close)
        spec = self.server.symbols[symbol]
        return float(self.link.account.money.profit(spec, sign, exact(volume), *prices))

    @asks()
    def order_check(self, *requests: dict[str, Any], **fields: Any) -> Any:
        """What would be answered now, and the money after it."""
        request = {**requests[0]} if requests else fields
        asked, account, server = Request.of(request), self.link.account, self.server
        code = server.check(account.setup.login, asked)
        money = money_fields(account)
        if not code and asked.action == mt5.TRADE_ACTION_DEAL:
            scene = Scene(account, server.symbols, server.market.standing, server.wall, server.market.now_us)
            margin = float(margin_after(scene, server.symbols[asked.symbol], asked))
            equity = money["equity"]
            money |= {"margin": margin, "margin_free": round(equity - margin, account.setup.currency_digits)}
            money["margin_level"] = equity / margin * 100 if margin else 0.0
        told = {"retcode": code, "comment": TEXTS.get(code, ""), "request": _request_record(request)}
        return record(records.OrderCheckResult, money | told)

    @asks()
    def order_send(self, *requests: dict[str, Any], **fields: Any) -> Any:
        """Blocks as the real one: the market moves on until the order has met its quote."""
        request = {**requests[0]} if requests else fields
        self.requests += 1
        link, server = self.link, self.server
        if not link.is_trading:
            return self._result(Answer(mt5.TRADE_RETCODE_CLIENT_DISABLES_AT), request)
        if not link.is_connected:
            return self._result(Answer(mt5.TRADE_RETCODE_CONNECTION), request)
        sent_us = link.now_us
        fault = link.faults.of_request(self.requests, sent_us)
        delay_us = link.faults.delay_us(sent_us)
        if fault is RequestFault.CONNECTION:
            return self._result(Answer(mt5.TRADE_RETCODE_CONNECTION), request)
        if fault is not RequestFault.LOST:
            is_delayed = fault is RequestFault.DELAYED
            answer = server.send(
                link.account.setup.login, Request.of(request), fault, delay_us=delay_us if is_delayed else 0
            )
        if fault in {RequestFault.LOST, RequestFault.UNANSWERED, RequestFault.TIMEOUT}:
            server.run_until(server.market.now_us + delay_us)
        self.clock.sync()
        if fault in {RequestFault.LOST, RequestFault.UNANSWERED} or link.faults.began(
            Outage.RESTARTED, sent_us, link.now_us
        ):
            self.error = _NO_ANSWER
            return None
        return self._result(_told(answer, fault), request)

    def _result(self, answer: Answer, request: dict[str, Any]) -> Any:
        fields = vars(answer) | {"volume": float(answer.volume), "comment": answer.comment}
        told = {"request_id": self.requests, "request": _request_record(request)}
        return record(records.OrderSendResult, fields | told)


def _told(answer: Answer, fault: RequestFault | None) -> Answer:
    """What the terminal says of an answer."""
    if not answer.order:
        return answer
    match fault:
        case RequestFault.TIMEOUT:
            code, order = mt5.TRADE_RETCODE_TIMEOUT, 0
        case RequestFault.CONNECTION_EXECUTED:
            code, order = mt5.TRADE_RETCODE_CONNECTION, 0
        case RequestFault.PLACED:
            code, order = mt5.TRADE_RETCODE_PLACED, answer.order
        case _:
            return answer
    return replace(answer, retcode=code, order=order, deal=0, price=0.0)


def _request_record(request: dict[str, Any]) -> Any:
    zeros = dict.fromkeys(("volume", "price", "stoplimit", "sl", "tp"), 0.0)
    return record(records.TradeRequest, zeros | request)
