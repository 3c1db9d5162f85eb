"""Money to the cent: conversion, commission, swap."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from mt5_bridge.simulated.broker import AccountSetup, SimulatedBroker
from mt5_bridge.simulated.server import Server
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.trading.words import Quote
from ticklake_assets_tests.mt5_bridge.simulated.brokers import (
    AT_ONCE,
    LOGIN,
    START_US,
    account,
    asked,
    eurusd,
    flat,
    make_broker,
    quotes,
    serve,
)

_DAY_US = 86_400_000_000
GBPJPY = Specification(name="GBPJPY", currency_base="GBP", currency_profit="JPY", digits=3)
USDJPY = Specification(name="USDJPY", currency_base="USD", currency_profit="JPY", digits=3)


def _yen_server(*symbols: Specification, rates: dict[str, str]) -> Server:
    broker = SimulatedBroker(
        symbols=symbols,
        accounts=(AccountSetup(login=LOGIN, currency="USD"),),
        rates={pair: Decimal(rate) for pair, rate in rates.items()},
        execution=AT_ONCE,
    )
    recordings = {
        "GBPJPY": quotes((1, 132.0, 132.01), (2, 132.5, 132.51), (3, 131.0, 131.01)),
        "USDJPY": quotes((0, 82.0, 82.01)),
    }
    return Server(broker, recordings)


def test_a_gain_in_yen_is_sold_for_dollars_and_a_loss_is_bought() -> None:
    server = _yen_server(GBPJPY, USDJPY, rates={"GBPUSD": "1.6"})
    money = server.accounts[LOGIN].money
    server.run_until(START_US + 1_000_000)
    gain, loss = (
        money.profit(GBPJPY, 1, Decimal("0.1"), Decimal("132.01"), Decimal(price))
        for price in ("132.5", "131")
    )
    assert (str(gain), str(loss)) == (str(round(4900 / 82.01, 2)), str(round(-10100 / 82.0, 2)))
    assert str(money.to_cents(money.margin(GBPJPY, Decimal("0.1")))) == "533.33"


def test_a_given_rate_converts_where_no_symbol_quotes_the_pair() -> None:
    server = _yen_server(GBPJPY, rates={"GBPUSD": "1.6", "JPYUSD": "0.0122"})
    money = server.accounts[LOGIN].money
    assert str(money.profit(GBPJPY, -1, Decimal("0.1"), Decimal(132), Decimal("131.5"))) == "61.00"


def test_a_currency_that_cannot_be_converted_is_refused_at_once() -> None:
    with pytest.raises(ValidationError, match="GBPJPY: Expected a symbol or a rate JPYUSD, was none"):
        _yen_server(GBPJPY, rates={"GBPUSD": "1.6"})


def test_no_order_before_its_money_can_be_converted() -> None:
    server = _yen_server(GBPJPY, USDJPY.model_copy(update={"recorded_as": "NONE"}), rates={"GBPUSD": "1.6"})
    server.run_until(START_US + 1_000_000)
    assert server.check(LOGIN, asked("buy", symbol="GBPJPY")) == 10021


def test_commission_is_paid_by_each_deal_a_lot_and_by_the_price() -> None:
    symbol = eurusd(commission_per_lot="3.5", commission_share="0.00002", commission_fixed="0.00001")
    server = serve(flat(3), make_broker(symbol))
    ticket = server.send(LOGIN, asked("buy", 0.3)).order
    server.send(LOGIN, asked("sell", 0.3, position=ticket))
    charged = [deal.commission for deal in server.accounts[LOGIN].ledger.deals[1:]]
    assert [str(each) for each in charged] == ["-2.01", "-2.01"]


@pytest.mark.parametrize(
    ("first_day", "days", "nights"), [(0, 1, 3), (1, 1, 1), (2, 3, 1), (0, 7, 7), (5, 1, 1), (3, 1, 0)]
)
def test_swap_is_booked_at_each_midnight_of_the_broker_and_thrice_on_wednesday(
    first_day: int, days: int, nights: int
) -> None:
    """Day 0 is a Wednesday; nights are Wednesday's three, one of each other weekday, none of the weekend."""
    start = START_US + first_day * _DAY_US
    rows = [Quote(start + n * _DAY_US, n, 1.1, 1.1) for n in range(days + 1)]
    every_day = [{"weekday": day} for day in range(7)]
    symbol = eurusd(swap_long="-6.5", swap_short="2.1", sessions=every_day)
    server = serve(rows, make_broker(symbol, accounts=(account(),)))
    server.send(LOGIN, asked("buy", 0.2))
    server.send(LOGIN, asked("sell", 0.1))
    while server.step():
        pass
    long, short = server.accounts[LOGIN].ledger.positions.values()
    assert (long.swap, short.swap) == (Decimal("-1.30") * nights, Decimal("0.21") * nights)


def test_a_part_that_is_closed_takes_its_part_of_the_swap() -> None:
    rows = [Quote(START_US + n * _DAY_US // 2, n, 1.1, 1.1) for n in range(3)]
    server = serve(rows, make_broker(eurusd(swap_long="-5")))
    ticket = server.send(LOGIN, asked("buy", 0.3)).order
    server.step()
    server.step()
    server.send(LOGIN, asked("sell", 0.1, position=ticket))
    ledger = server.accounts[LOGIN].ledger
    assert (ledger.deals[-1].swap, ledger.positions[ticket].swap) == (Decimal("-1.50"), Decimal("-3.00"))
