"""What orders do to the books of netting and hedging accounts, and which requests a broker refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.broker import Execution
from mt5_bridge.simulated.faults import RequestFault
from mt5_bridge.simulated.request import Request
from mt5_bridge.simulated.server import Server
from mt5_bridge.simulated.specification import Session
from ticklake_assets_tests.mt5_bridge.simulated.brokers import (
    LOGIN,
    account,
    asked,
    eurusd,
    flat,
    make_broker,
    quotes,
    serve,
)

DONE = mt5.TRADE_RETCODE_DONE
RISING = quotes((0, 1.1, 1.10002), (1, 1.101, 1.10102), (2, 1.102, 1.10202), (3, 1.103, 1.10302))


def _netting(**changes: Any) -> Server:
    return serve(RISING, make_broker(eurusd(**changes), accounts=(account(mode="netting"),)))


def _send(server: Server, side: str, volume: float = 0.1, **fields: Any) -> int:
    return server.send(LOGIN, asked(side, volume, **fields)).retcode


def _deals(server: Server) -> list[tuple[int, str, str]]:
    """Entry, volume and profit of each deal but the deposit."""
    deals = server.accounts[LOGIN].ledger.deals[1:]
    return [(deal.entry, str(deal.volume), str(deal.profit)) for deal in deals]


def test_a_netting_position_grows_at_its_average_price_and_shrinks_at_the_market() -> None:
    server = _netting()
    assert _send(server, "buy", 0.1) == DONE
    server.step()
    assert _send(server, "buy", 0.3) == DONE
    [position] = server.accounts[LOGIN].ledger.positions.values()
    assert (position.volume, position.price_open) == (Decimal("0.4"), Decimal("1.10077"))
    server.step()
    assert _send(server, "sell", 0.1) == DONE
    [position] = server.accounts[LOGIN].ledger.positions.values()
    assert (position.volume, position.price_open) == (Decimal("0.3"), Decimal("1.10077"))
    assert _deals(server)[-1] == (mt5.DEAL_ENTRY_OUT, "0.1", "12.30")


def test_a_netting_position_turns_keeps_its_identifier_and_gets_the_new_orders_ticket() -> None:
    server = _netting()
    _send(server, "buy", 0.1)
    server.step()
    answer = server.send(LOGIN, asked("sell", 0.3))
    [position] = server.accounts[LOGIN].ledger.positions.values()
    assert (position.type, position.volume, position.price_open) == (
        mt5.POSITION_TYPE_SELL,
        Decimal("0.2"),
        Decimal("1.101"),
    )
    first = server.accounts[LOGIN].ledger.deals[1]
    assert (position.identifier, position.ticket) == (first.position_id, answer.order)
    assert _deals(server)[-1] == (mt5.DEAL_ENTRY_INOUT, "0.3", "9.80")


def test_a_hedging_account_holds_both_sides_and_closes_one_by_its_ticket() -> None:
    server = serve(RISING)
    first = server.send(LOGIN, asked("buy", 0.2)).order
    _send(server, "sell", 0.1)
    assert len(server.accounts[LOGIN].ledger.positions) == 2
    server.step()
    assert _send(server, "sell", 0.15, position=first) == DONE
    assert server.accounts[LOGIN].ledger.positions[first].volume == Decimal("0.05")
    assert _deals(server)[-1] == (mt5.DEAL_ENTRY_OUT, "0.15", "14.70")


def test_opposite_positions_close_by_each_other_at_their_open_prices() -> None:
    server = serve(RISING)
    one = server.send(LOGIN, asked("buy", 0.3)).order
    server.step()
    other = server.send(LOGIN, asked("sell", 0.1)).order
    request = Request(action=mt5.TRADE_ACTION_CLOSE_BY, position=one, position_by=other)
    assert server.send(LOGIN, request).retcode == DONE
    ledger = server.accounts[LOGIN].ledger
    assert [(p.ticket, p.volume) for p in ledger.positions.values()] == [(one, Decimal("0.2"))]
    assert _deals(server)[-2:] == [
        (mt5.DEAL_ENTRY_OUT_BY, "0.1", "9.80"),
        (mt5.DEAL_ENTRY_OUT_BY, "0.1", "0"),
    ]
    assert {deal.position_id for deal in ledger.deals[-2:]} == {one, other}


def test_margin_of_a_lot_and_its_opposite_is_one_lots_or_what_the_broker_says() -> None:
    for hedged, expected in ((None, "366.67"), (0, "0.00")):
        server = serve(flat(3), make_broker(eurusd(margin_hedged=hedged)))
        _send(server, "buy", 0.1)
        _send(server, "sell", 0.1)
        assert str(server.accounts[LOGIN].margin) == ("366.67" if hedged is None else expected)


@pytest.mark.parametrize(
    ("filling", "execution", "code", "filled"),
    [
        (mt5.ORDER_FILLING_IOC, "market", mt5.TRADE_RETCODE_DONE_PARTIAL, "0.05"),
        (mt5.ORDER_FILLING_FOK, "market", mt5.TRADE_RETCODE_REJECT, None),
        (mt5.ORDER_FILLING_RETURN, "exchange", mt5.TRADE_RETCODE_DONE_PARTIAL, "0.05"),
        (mt5.ORDER_FILLING_IOC, "instant", DONE, "0.1"),
    ],
)
def test_half_a_volume_by_filling_mode(filling: int, execution: str, code: int, filled: str | None) -> None:
    server = serve(flat(5), make_broker(eurusd(execution=execution)))
    request = asked("buy", 0.1, type_filling=filling, price=1.10002)
    assert server.send(LOGIN, request, RequestFault.PARTIAL).retcode == code
    ledger = server.accounts[LOGIN].ledger
    assert [str(p.volume) for p in ledger.positions.values()] == ([filled] if filled else [])
    if filling == mt5.ORDER_FILLING_RETURN:
        assert len(ledger.orders) == 1
        server.step()
        assert [p.volume for p in ledger.positions.values()] == [Decimal("0.1")]
    assert not ledger.orders


@pytest.mark.parametrize(
    ("symbol", "request_fields", "code"),
    [
        ({}, {"symbol": "GBPUSD"}, mt5.TRADE_RETCODE_INVALID),
        ({}, {"volume": 0.015}, mt5.TRADE_RETCODE_INVALID_VOLUME),
        ({}, {"volume": 0.0}, mt5.TRADE_RETCODE_INVALID_VOLUME),
        ({}, {"volume": float("nan")}, mt5.TRADE_RETCODE_INVALID_VOLUME),
        ({"volume_max": 1}, {"volume": 1.01}, mt5.TRADE_RETCODE_INVALID_VOLUME),
        ({"volume_limit": "0.05"}, {}, mt5.TRADE_RETCODE_LIMIT_VOLUME),
        ({"filling_mode": 1}, {}, mt5.TRADE_RETCODE_INVALID_FILL),
        ({}, {"type_filling": mt5.ORDER_FILLING_RETURN}, mt5.TRADE_RETCODE_INVALID_FILL),
        ({}, {"sl": 1.1}, mt5.TRADE_RETCODE_INVALID_STOPS),
        ({}, {"tp": 1.1}, mt5.TRADE_RETCODE_INVALID_STOPS),
        ({}, {"sl": 1.099995}, mt5.TRADE_RETCODE_INVALID_STOPS),
        ({}, {"sl": float("nan")}, mt5.TRADE_RETCODE_INVALID_STOPS),
        ({"trade_stops_level": 10}, {"sl": 1.09991}, mt5.TRADE_RETCODE_INVALID_STOPS),
        ({"trade_stops_level": 10}, {"sl": 1.0999}, DONE),
        ({"trade_mode": "disabled"}, {}, mt5.TRADE_RETCODE_TRADE_DISABLED),
        ({"trade_mode": "close"}, {}, mt5.TRADE_RETCODE_CLOSE_ONLY),
        ({"trade_mode": "short"}, {}, mt5.TRADE_RETCODE_SHORT_ONLY),
        ({"sessions": ()}, {}, mt5.TRADE_RETCODE_MARKET_CLOSED),
        ({"sessions": (Session(weekday=2, opens=660, closes=661),)}, {}, DONE),
        ({"sessions": (Session(weekday=2, opens=661),)}, {}, mt5.TRADE_RETCODE_MARKET_CLOSED),
        ({}, {"volume": 2.8}, mt5.TRADE_RETCODE_NO_MONEY),
        ({}, {"volume": 2.72}, DONE),
        ({}, {"position": 5}, mt5.TRADE_RETCODE_INVALID),
        ({}, {"action": 99}, mt5.TRADE_RETCODE_INVALID),
        ({"execution": "instant"}, {"price": 1.09995, "deviation": 6}, mt5.TRADE_RETCODE_REQUOTE),
        ({"execution": "instant"}, {"price": 1.09995, "deviation": 7}, DONE),
        ({"execution": "instant"}, {}, mt5.TRADE_RETCODE_INVALID_PRICE),
    ],
)
def test_a_request_is_answered_by_what_is_wrong_with_it(
    symbol: dict[str, Any], request_fields: dict[str, Any], code: int
) -> None:
    server = serve(flat(2), make_broker(eurusd(**symbol)))
    fields: dict[str, Any] = {"volume": 0.1} | request_fields
    assert server.check(LOGIN, asked("buy", **fields)) == (0 if code == DONE else code)
    assert server.send(LOGIN, asked("buy", **fields)).retcode == code
    assert bool(server.accounts[LOGIN].ledger.positions) == (code == DONE)


def test_a_closed_position_and_too_much_volume_have_codes_of_their_own() -> None:
    server = serve(flat(3))
    ticket = server.send(LOGIN, asked("buy")).order
    assert _send(server, "sell", 0.2, position=ticket) == mt5.TRADE_RETCODE_INVALID_CLOSE_VOLUME
    assert _send(server, "buy", 0.1, position=ticket) == mt5.TRADE_RETCODE_INVALID
    assert _send(server, "sell", position=ticket) == DONE
    assert _send(server, "sell", position=ticket) == mt5.TRADE_RETCODE_POSITION_CLOSED


def test_stops_are_changed_not_at_all_or_frozen() -> None:
    server = serve(flat(3), make_broker(eurusd(trade_freeze_level=5)))
    ticket = server.send(LOGIN, asked("buy", sl=1.0999)).order
    change = Request(action=mt5.TRADE_ACTION_SLTP, symbol="EURUSD.m", position=ticket, sl=1.0999)
    assert server.send(LOGIN, change).retcode == mt5.TRADE_RETCODE_NO_CHANGES
    nearer = Request(action=mt5.TRADE_ACTION_SLTP, symbol="EURUSD.m", position=ticket, sl=1.09996)
    assert server.send(LOGIN, nearer).retcode == DONE
    assert server.send(LOGIN, change).retcode == mt5.TRADE_RETCODE_FROZEN
    assert _send(server, "sell", position=ticket) == mt5.TRADE_RETCODE_FROZEN


@pytest.mark.parametrize(
    ("kind", "price", "stoplimit", "seen"),
    [
        (mt5.ORDER_TYPE_BUY_LIMIT, 1.0995, 0.0, 1.0993),
        (mt5.ORDER_TYPE_BUY_STOP, 1.1012, 0.0, 1.1014),
        (mt5.ORDER_TYPE_BUY_STOP_LIMIT, 1.1012, 1.1005, 1.1004),
        (mt5.ORDER_TYPE_SELL_LIMIT, 1.101, 0.0, 1.1012),
        (mt5.ORDER_TYPE_SELL_STOP, 1.0993, 0.0, 1.0991),
    ],
)
def test_a_pending_order_waits_for_its_price(kind: int, price: float, stoplimit: float, seen: float) -> None:
    rows = quotes(
        (0, 1.1, 1.1002), (1, 1.1001, 1.1003), (2, 1.1012, 1.1014), (3, 1.1002, 1.1004), (4, 1.0991, 1.0993)
    )
    server = serve(rows)
    request = Request.of(
        {
            "action": mt5.TRADE_ACTION_PENDING,
            "symbol": "EURUSD.m",
            "volume": 0.1,
            "type": kind,
            "price": price,
            "stoplimit": stoplimit,
        }
    )
    answer = server.send(LOGIN, request)
    assert answer.retcode == DONE
    while server.step():
        pass
    ledger = server.accounts[LOGIN].ledger
    assert ledger.history[answer.order].state == mt5.ORDER_STATE_FILLED
    assert [deal.price for deal in ledger.deals[1:]] == [seen]


def test_a_pending_order_is_changed_removed_or_too_old() -> None:
    server = serve(flat(100_000)[::1_000])
    fields = {"action": mt5.TRADE_ACTION_PENDING, "symbol": "EURUSD.m", "volume": 0.1, "price": 1.09}
    fields["type"] = mt5.ORDER_TYPE_BUY_LIMIT
    changed, removed = (server.send(LOGIN, Request.of(fields)).order for _ in range(2))
    old = server.send(LOGIN, Request.of(fields | {"type_time": mt5.ORDER_TIME_DAY})).order
    modify = {"action": mt5.TRADE_ACTION_MODIFY, "order": changed, "price": 1.095}
    assert server.send(LOGIN, Request.of(modify)).retcode == DONE
    assert server.send(LOGIN, Request.of(modify)).retcode == mt5.TRADE_RETCODE_NO_CHANGES
    remove = Request(action=mt5.TRADE_ACTION_REMOVE, order=removed)
    assert server.send(LOGIN, remove).retcode == DONE
    assert server.send(LOGIN, remove).retcode == mt5.TRADE_RETCODE_INVALID_ORDER
    while server.step():
        pass
    ledger = server.accounts[LOGIN].ledger
    assert ledger.orders[changed].price_open == 1.095
    assert ledger.history[removed].state == mt5.ORDER_STATE_CANCELED
    assert ledger.history[old].state == mt5.ORDER_STATE_EXPIRED


def test_a_stop_out_closes_what_loses_most_until_the_level_is_above() -> None:
    server = serve(quotes((0, 1.1, 1.1), (1, 1.06, 1.06), (2, 1.05, 1.05)))
    _send(server, "buy", 0.2)
    _send(server, "buy", 1.3)
    while server.step():
        pass
    ledger = server.accounts[LOGIN].ledger
    [deal] = ledger.deals[3:]
    assert (deal.volume, deal.reason, deal.price) == (Decimal("1.3"), mt5.DEAL_REASON_SO, 1.05)
    assert deal.comment == "[so 45.45%/2500.00/5500.00]"
    assert [position.volume for position in ledger.positions.values()] == [Decimal("0.2")]


def test_a_manual_order_has_a_persons_reason() -> None:
    server = serve(flat(2))
    answer = server.by_hand(LOGIN, action=mt5.TRADE_ACTION_DEAL, symbol="EURUSD.m", volume=0.1, type=0)
    assert answer.retcode == DONE
    assert server.accounts[LOGIN].ledger.deals[-1].reason == mt5.DEAL_REASON_CLIENT


def test_an_order_meets_the_first_quote_after_its_latency_or_the_one_that_stands_then() -> None:
    rows = quotes((0, 1.1, 1.1), (1, 1.2, 1.2), (2, 1.3, 1.3))
    for fills_at, latency_ms, price in (
        ("next", 1500, 1.3),
        ("next", 1000, 1.2),
        ("standing", 1500, 1.2),
        ("standing", 0, 1.1),
    ):
        execution = Execution.model_validate({"fills_at": fills_at, "entry_latency_ms": latency_ms})
        server = serve(rows, make_broker(execution=execution))
        assert server.send(LOGIN, asked("buy")).price == price


def test_an_order_after_the_last_quote_finds_no_price() -> None:
    execution = Execution(entry_latency_ms=1)
    server = serve(flat(1), make_broker(execution=execution))
    assert _send(server, "buy") == mt5.TRADE_RETCODE_PRICE_OFF
    assert not server.accounts[LOGIN].ledger.positions


def test_slippage_and_mark_up_worsen_the_price() -> None:
    broker = make_broker(eurusd(markup_points=3), execution=Execution(entry_latency_ms=0, slippage_points=2))
    server = serve(flat(2), broker)
    assert server.send(LOGIN, asked("buy")).price == 1.10007
    assert server.send(LOGIN, asked("sell")).price == 1.09998
