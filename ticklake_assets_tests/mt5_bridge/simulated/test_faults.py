"""Faults: each does what it says, the broker's books stay whole, and a seed reproduces all of it."""

from __future__ import annotations

from typing import Any

import pytest

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.broker import Execution
from mt5_bridge.simulated.faults import Faults, Late, Outage, RequestFault, Window
from mt5_bridge.simulated.module import SimulatedMt5
from ticklake_assets_tests.mt5_bridge.simulated.brokers import (
    LOGIN,
    START_US,
    account,
    flat,
    make_broker,
    market_order,
    module,
)

_SECOND = 1_000_000
_IPC_TIMEOUT = (-10005, "IPC timeout")


def _faulty(count: int = 60, **faults: Any) -> SimulatedMt5:
    broker = make_broker(accounts=(account(), account(login=7)), faults=Faults(**faults))
    return module(flat(count), broker)


def _scripted(fault: RequestFault) -> SimulatedMt5:
    return _faulty(scripted={1: fault})


def _out(outage: Outage, start: int, end: int) -> SimulatedMt5:
    window = Window(outage=outage, start_us=START_US + start * _SECOND, end_us=START_US + end * _SECOND)
    return _faulty(windows=(window,))


@pytest.mark.parametrize(
    ("fault", "code", "filled"),
    [
        (RequestFault.LOST, None, 0),
        (RequestFault.UNANSWERED, None, 0.1),
        (RequestFault.TIMEOUT, mt5.TRADE_RETCODE_TIMEOUT, 0.1),
        (RequestFault.CONNECTION, mt5.TRADE_RETCODE_CONNECTION, 0),
        (RequestFault.CONNECTION_EXECUTED, mt5.TRADE_RETCODE_CONNECTION, 0.1),
        (RequestFault.PLACED, mt5.TRADE_RETCODE_PLACED, 0.1),
        (RequestFault.REJECT, mt5.TRADE_RETCODE_REJECT, 0),
        (RequestFault.REQUOTE, mt5.TRADE_RETCODE_REQUOTE, 0),
        (RequestFault.PRICE_OFF, mt5.TRADE_RETCODE_PRICE_OFF, 0),
        (RequestFault.PARTIAL, mt5.TRADE_RETCODE_DONE_PARTIAL, 0.05),
        (RequestFault.DELAYED, mt5.TRADE_RETCODE_DONE, 0.1),
    ],
)
def test_a_request_meets_its_fault_once(fault: RequestFault, code: int | None, filled: float) -> None:
    terminal = _scripted(fault)
    before = terminal.clock.now_us()
    result = terminal.order_send(market_order("buy"))
    assert (result and result.retcode) == code
    if code is None:
        assert terminal.last_error() == _IPC_TIMEOUT
    assert sum(position.volume for position in terminal.positions_get()) == filled
    if fault in {RequestFault.DELAYED, RequestFault.LOST, RequestFault.UNANSWERED, RequestFault.TIMEOUT}:
        assert terminal.clock.now_us() >= before + 500_000
    assert terminal.order_send(market_order("buy")).retcode == mt5.TRADE_RETCODE_DONE


def test_what_was_refused_has_no_deal_and_a_rejected_order_stays_in_history() -> None:
    terminal = _scripted(RequestFault.REJECT)
    result = terminal.order_send(market_order("buy"))
    [order] = terminal.history_orders_get(ticket=result.order)
    assert (order.state, result.deal) == (mt5.ORDER_STATE_REJECTED, 0)


def test_a_requote_is_tried_again_by_the_packages_helper() -> None:
    terminal = _faulty(scripted={1: RequestFault.REQUOTE, 2: RequestFault.PRICE_OFF})
    result = terminal.Buy("EURUSD.m", 0.1)
    assert (result.retcode, result.request_id) == (mt5.TRADE_RETCODE_DONE, 3)


def test_without_its_broker_a_terminal_shows_what_it_knew_and_sends_nothing() -> None:
    terminal = _out(Outage.DISCONNECTED, 2, 5)
    terminal.order_send(market_order("buy", sl=1.0))
    terminal.positions_get()
    for _ in range(3):
        terminal.clock.sleep(1)
    assert not terminal.terminal_info().connected
    assert terminal.symbol_info_tick("EURUSD.m").time_msc % 60_000 == 1_000
    terminal.server.by_hand(
        LOGIN, action=1, symbol="EURUSD.m", type=1, volume=0.1, position=terminal.positions_get()[0].ticket
    )
    assert terminal.order_send(market_order("buy")).retcode == mt5.TRADE_RETCODE_CONNECTION
    assert (terminal.positions_total(), len(terminal.history_deals_get(0, 2e9))) == (1, 2)
    for _ in range(3):
        terminal.clock.sleep(1)
    assert terminal.terminal_info().connected
    assert (terminal.positions_total(), len(terminal.history_deals_get(0, 2e9))) == (0, 3)


def test_a_terminal_that_was_updated_is_gone_until_it_is_initialized_again() -> None:
    terminal = _out(Outage.RESTARTED, 2, 4)
    for _ in range(2):
        terminal.clock.sleep(1)
    assert terminal.positions_get() is None
    assert terminal.last_error() == (-10004, "No IPC connection")
    assert not terminal.initialize()
    assert terminal.last_error()[0] == mt5.RES_E_INTERNAL_FAIL_INIT
    for _ in range(3):
        terminal.clock.sleep(1)
    assert terminal.account_info() is None
    assert terminal.initialize()
    assert terminal.account_info().login == LOGIN


def test_an_update_in_the_middle_of_a_request_takes_the_answer_with_it() -> None:
    window = Window(outage=Outage.RESTARTED, start_us=START_US + 500_000, end_us=START_US + 600_000)
    broker = make_broker(execution=Execution(entry_latency_ms=1_000), faults=Faults(windows=(window,)))
    terminal = module(flat(9), broker)
    assert terminal.order_send(market_order("buy")) is None
    assert terminal.initialize()
    assert terminal.positions_total() == 1


def test_another_account_under_the_terminal_has_its_own_books() -> None:
    terminal = _out(Outage.SWITCHED, 2, 4)
    terminal.order_send(market_order("buy"))
    terminal.clock.sleep(1)
    terminal.clock.sleep(1)
    assert (terminal.account_info().login, terminal.positions_total()) == (7, 0)
    terminal.order_send(market_order("sell", 0.3))
    terminal.clock.sleep(1)
    terminal.clock.sleep(1)
    assert (terminal.account_info().login, terminal.positions_get()[0].volume) == (LOGIN, 0.1)


def test_without_autotrading_the_terminal_itself_refuses() -> None:
    terminal = _out(Outage.NO_AUTOTRADING, 0, 2)
    assert not terminal.terminal_info().trade_allowed
    result = terminal.order_send(market_order("buy"))
    assert (result.retcode, result.comment) == (10027, "AutoTrading disabled by client")
    terminal.clock.sleep(1)
    terminal.clock.sleep(1)
    assert terminal.order_send(market_order("buy")).retcode == mt5.TRADE_RETCODE_DONE


@pytest.mark.parametrize("kind", list(Late))
def test_rows_show_late_and_then_for_good(kind: Late) -> None:
    terminal = _faulty(late={kind: 1.0}, late_seconds=(3, 5))
    terminal.order_send(market_order("buy"))
    limit = {
        "action": mt5.TRADE_ACTION_PENDING,
        "symbol": "EURUSD.m",
        "volume": 0.1,
        "price": 1.09,
        "type": 2,
    }
    terminal.order_send(limit)
    shown = {
        Late.DEALS: lambda: len(terminal.history_deals_get(0, 2e9)) - 1,
        Late.HISTORY_ORDERS: lambda: len(terminal.history_orders_get(0, 2e9)),
        Late.ORDERS: terminal.orders_total,
        Late.POSITIONS: terminal.positions_total,
    }
    seen: dict[Late, list[int]] = {each: [] for each in Late}
    for _ in range(7):
        for each, count in shown.items():
            seen[each].append(max(count(), 0))
        terminal.clock.sleep(1)
    for each, counts in seen.items():
        first = counts.index(1)
        assert counts[first:] == [1] * (7 - first)
        assert (3 <= first <= 5) == (each is kind)


def test_a_row_may_show_twice() -> None:
    terminal = _faulty(doubled={Late.DEALS: 1.0})
    terminal.order_send(market_order("buy"))
    assert len(terminal.history_deals_get(0, 2e9)) == 4
    assert terminal.positions_total() == 1


def _day_of(seed: int) -> list[Any]:
    """All that a careless program sees on a bad day."""
    faults: dict[str, Any] = {
        "seed": seed,
        "requests": dict.fromkeys(RequestFault, 0.08),
        "late": dict.fromkeys(Late, 0.3),
        "outages": dict.fromkeys(Outage, 1.0),
        "outage_seconds": (5, 600),
    }
    terminal = _faulty(3_600, **faults)
    seen: list[Any] = []
    while not terminal.clock.is_over:
        for _ in range(60):
            terminal.clock.sleep(1)
        if terminal.terminal_info() is None:
            seen.append(terminal.initialize())
        side = "buy" if len(seen) % 2 else "sell"
        seen += [terminal.order_send(market_order(side)), terminal.positions_total(), terminal.last_error()]
        seen += [terminal.history_deals_total(0, 2e9), terminal.symbol_info_tick("EURUSD.m")]
    for each in terminal.server.accounts.values():
        ledger = each.ledger
        assert ledger.balance == sum(deal.total for deal in ledger.deals)
        assert len(ledger.history) >= len(ledger.positions)
    return seen


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    first = _day_of(1)
    assert first == _day_of(1)
    assert first != _day_of(2)


def test_every_kind_of_fault_occurs() -> None:
    plan = Faults(seed=4, requests=dict.fromkeys(RequestFault, 0.08), outages=dict.fromkeys(Outage, 0.5))
    drawn = [plan.of_request(n, START_US + n) for n in range(2_000)]
    assert {*drawn} == {None, *RequestFault}
    assert 0.85 < 1 - drawn.count(None) / len(drawn) < 0.91
    day = 24 * 3600 * _SECOND
    for outage in Outage:
        began = plan.began(outage, START_US, START_US + 10 * day)
        assert 80 < len(began) < 160
        assert all(plan.is_out(outage, window.start_us) for window in began)
        assert plan.began(outage, START_US, START_US + 10 * day) == began


def test_an_account_to_switch_to_is_asked_for_beforehand() -> None:
    with pytest.raises(ValueError, match="a second account to switch to"):
        make_broker(faults=Faults(outages={Outage.SWITCHED: 0.1}))
    with pytest.raises(ValueError, match="sum to 1"):
        Faults(requests={RequestFault.LOST: 0.6, RequestFault.REJECT: 0.5})
