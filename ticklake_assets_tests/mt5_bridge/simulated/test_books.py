"""The books under any sequence of orders, changes and quotes: a state machine with the laws of an account."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.broker import Execution
from mt5_bridge.simulated.faults import RequestFault
from mt5_bridge.simulated.request import Request
from mt5_bridge.simulated.rows import FINAL_STATES
from mt5_bridge.simulated.server import Server
from mt5_bridge.trading.words import Quote
from ticklake_assets_tests.mt5_bridge.simulated.brokers import (
    LOGIN,
    START_US,
    account,
    asked,
    eurusd,
    make_broker,
)

_SIDES = st.sampled_from(["buy", "sell"])
_LOTS = st.integers(1, 150).map(lambda steps: steps / 100)
_FAULTS = st.sampled_from([None, None, None, *RequestFault])
_MOVES = st.lists(st.integers(-400, 400), min_size=60, max_size=60)
_CENT = Decimal("0.01")


class Books(RuleBasedStateMachine):
    """Half an hour between quotes, so that nights are common; killed at any time."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self._path = Path(self._folder.name) / "broker.jsonl"

    @initialize(mode=st.sampled_from(["netting", "hedging"]), moves=_MOVES)
    def open(self, mode: str, moves: list[int]) -> None:
        bid, rows = 110_000, []
        for n, move in enumerate(moves):
            bid += move
            rows.append(Quote(START_US + n * 1_800_000_000, n, bid / 1e5, (bid + 2) / 1e5))
        symbol = eurusd(
            commission_per_lot="3.5", commission_share="0.00001", swap_long="-6.13", swap_short="2.07"
        )
        execution = Execution(fills_at="standing", entry_latency_ms=0)
        setup = account(mode=mode, balance=20_000)
        self._broker, self._rows = make_broker(symbol, accounts=(setup,), execution=execution), rows
        self._known_deals: list[Any] = []
        self._server = Server(self._broker, {"EURUSD": rows}, self._path)
        self._server.step()

    def teardown(self) -> None:
        if hasattr(self, "_server"):
            self._server.close()
        self._folder.cleanup()

    @property
    def _account(self) -> Any:
        return self._server.accounts[LOGIN]

    @property
    def _books(self) -> Any:
        return self._account.ledger

    @rule(side=_SIDES, lots=_LOTS, room=st.integers(0, 300), fault=_FAULTS, filling=st.integers(0, 2))
    def trade(self, side: str, lots: float, room: int, fault: RequestFault | None, filling: int) -> None:
        sign, bid = (1 if side == "buy" else -1), self._server.market.standing["EURUSD.m"].bid
        stops = (
            {}
            if room < 50
            else {"sl": round(bid - sign * room / 1e5, 5), "tp": round(bid + sign * room / 1e5, 5)}
        )
        self._server.send(LOGIN, asked(side, lots, type_filling=filling, **stops), fault)

    @precondition(lambda self: self._books.positions)
    @rule(data=st.data(), lots=_LOTS)
    def close_some(self, data: st.DataObject, lots: float) -> None:
        position = data.draw(st.sampled_from(sorted(self._books.positions.values(), key=lambda p: p.ticket)))
        lots = min(lots, float(position.volume))
        side = "sell" if position.sign > 0 else "buy"
        self._server.send(LOGIN, asked(side, lots, position=position.ticket))

    @precondition(lambda self: len(self._books.positions) > 1)
    @rule(data=st.data())
    def close_by(self, data: st.DataObject) -> None:
        tickets = st.sampled_from(sorted(self._books.positions))
        request = Request(
            action=mt5.TRADE_ACTION_CLOSE_BY, position=data.draw(tickets), position_by=data.draw(tickets)
        )
        self._server.send(LOGIN, request)

    @rule(kind=st.integers(2, 7), lots=_LOTS, away=st.integers(1, 500))
    def wait_for_a_price(self, kind: int, lots: float, away: int) -> None:
        quote = self._server.market.standing["EURUSD.m"]
        is_buy, is_limit = kind % 2 == 0, kind < 4
        current = quote.ask if is_buy else quote.bid
        price = round(current + (away if is_buy != is_limit else -away) / 1e5, 5)
        fields = {"action": mt5.TRADE_ACTION_PENDING, "symbol": "EURUSD.m", "type": kind, "volume": lots}
        fields |= {"price": price, "stoplimit": price if kind > 5 else 0.0, "type_time": mt5.ORDER_TIME_DAY}
        self._server.send(LOGIN, Request.of(fields))

    @rule(count=st.integers(1, 5))
    def pass_time(self, count: int) -> None:
        for _ in range(count):
            self._server.step()

    @rule()
    def kill(self) -> None:
        """What a new process reads is what the old one knew."""
        before, place, head = vars(self._books).copy(), self._server.market.now_us, self._server.head
        self._server.close()
        self._server = Server(self._broker, {"EURUSD": self._rows}, self._path)
        assert self._server.head == head
        after = vars(self._books)
        names = ("orders", "history", "positions", "deals", "balance", "position_ids")
        assert {name: after[name] for name in names} == {name: before[name] for name in names}
        self._server.run_until(place)
        assert {name: after[name] for name in names} == {name: before[name] for name in names}

    @invariant()
    def money_sums(self) -> None:
        if not hasattr(self, "_server"):
            return
        books, account_ = self._books, self._account
        paid = [deal.profit + deal.commission + deal.swap for deal in books.deals]
        assert books.balance == sum(paid)
        assert books.deals[0].profit == 20_000
        for amount in (books.balance, account_.equity, account_.margin, *paid):
            assert amount == amount.quantize(_CENT)
        assert account_.margin >= 0
        assert account_.equity == books.balance + sum(
            account_.floating(each) + each.swap for each in books.positions.values()
        )

    @invariant()
    def volumes_are_steps_and_deals_explain_positions(self) -> None:
        if not hasattr(self, "_server"):
            return
        books = self._books
        signed: Counter[int] = Counter()
        for deal in books.deals[1:]:
            steps = int(deal.volume * 100)
            assert steps > 0
            assert Decimal(steps) / 100 == deal.volume
            signed[deal.position_id] += steps if deal.type == mt5.DEAL_TYPE_BUY else -steps
        held = {p.identifier: int(p.sign * p.volume * 100) for p in books.positions.values()}
        assert {key: volume for key, volume in signed.items() if volume} == held
        if not self._account.is_hedging:
            assert len(books.positions) <= 1

    @invariant()
    def history_loses_nothing_and_orders_end_once(self) -> None:
        if not hasattr(self, "_server"):
            return
        books = self._books
        assert books.deals[: len(self._known_deals)] == self._known_deals
        self._known_deals = list(books.deals)
        assert not books.orders.keys() & books.history.keys()
        for order in books.history.values():
            assert order.state in FINAL_STATES
            dealt = sum(d.volume for d in books.deals[1:] if d.order == order.ticket)
            if order.type != mt5.ORDER_TYPE_CLOSE_BY:
                assert dealt == order.volume_initial - order.volume_current
            assert (order.state == mt5.ORDER_STATE_FILLED) == (not order.volume_current)


Books.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestBooks = Books.TestCase
