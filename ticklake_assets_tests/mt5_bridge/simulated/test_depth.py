"""A market that has less at a quote than is asked: killed, cut, or filled quote by quote."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from mt5_bridge.simulated import constants as mt5
from ticklake_assets_tests.mt5_bridge.simulated.brokers import (
    LOGIN,
    asked,
    eurusd,
    flat,
    make_broker,
    market_order,
    serve,
)


@pytest.mark.parametrize(
    ("filling", "execution", "code", "deals", "state"),
    [
        (mt5.ORDER_FILLING_FOK, "market", mt5.TRADE_RETCODE_REJECT, [], mt5.ORDER_STATE_CANCELED),
        (mt5.ORDER_FILLING_IOC, "market", mt5.TRADE_RETCODE_DONE_PARTIAL, ["0.4"], mt5.ORDER_STATE_CANCELED),
        (
            mt5.ORDER_FILLING_RETURN,
            "exchange",
            mt5.TRADE_RETCODE_DONE_PARTIAL,
            ["0.4", "0.4", "0.2"],
            mt5.ORDER_STATE_FILLED,
        ),
        (mt5.ORDER_FILLING_FOK, "instant", mt5.TRADE_RETCODE_DONE, ["1"], mt5.ORDER_STATE_FILLED),
    ],
)
def test_a_quote_fills_what_it_has(
    filling: int, execution: str, code: int, deals: list[str], state: int
) -> None:
    server = serve(flat(9), make_broker(eurusd(volume_a_quote="0.4", execution=execution)))
    answer = server.send(LOGIN, asked("buy", 1.0, type_filling=filling, price=1.10002))
    assert answer.retcode == code
    while server.step():
        pass
    books = server.accounts[LOGIN].ledger
    assert [deal.volume for deal in books.deals[1:]] == [Decimal(each) for each in deals]
    assert [order.state for order in books.history.values()] == [state]
    assert not books.orders
    assert sum(each.volume for each in books.positions.values()) == sum(map(Decimal, deals))


def test_a_close_is_filled_in_part_too() -> None:
    server = serve(flat(9), make_broker(eurusd(volume_a_quote="0.4")))
    ticket = server.send(LOGIN, asked("buy", 0.4)).order
    server.send(LOGIN, asked("buy", 0.4))
    assert server.send(LOGIN, asked("sell", 0.4, position=ticket)).retcode == mt5.TRADE_RETCODE_DONE
    assert [each.volume for each in server.accounts[LOGIN].ledger.positions.values()] == [Decimal("0.4")]


@pytest.mark.parametrize("volume", ["0.005", "0.125"])
def test_a_depth_off_the_steps_is_refused(volume: str) -> None:
    with pytest.raises(ValidationError, match="volume_a_quote"):
        eurusd(volume_a_quote=volume)


@pytest.mark.parametrize("by_hand", [0.6, 0.5])
def test_what_is_left_of_a_close_never_opens_anything(by_hand: float) -> None:
    """Hedging: a person closes the rest of the position, or most of it, while the order for it still waits."""
    server = serve(flat(9), make_broker(eurusd(volume_a_quote="0.4", execution="exchange")))
    waits = {"type_filling": mt5.ORDER_FILLING_RETURN}
    ticket = server.send(LOGIN, asked("buy", 1.0, **waits)).order
    for _ in range(3):
        server.step()
    server.send(LOGIN, asked("sell", 1.0, position=ticket, **waits))
    server.by_hand(LOGIN, **market_order("sell", min(by_hand, 0.4), position=ticket))
    server.by_hand(LOGIN, **market_order("sell", round(by_hand - 0.4, 2), position=ticket))
    while server.step():
        pass
    books = server.accounts[LOGIN].ledger
    assert not books.positions
    assert not books.orders
    entries = {deal.entry for deal in books.deals[1:] if deal.type == mt5.DEAL_TYPE_SELL}
    assert entries == {mt5.DEAL_ENTRY_OUT}
