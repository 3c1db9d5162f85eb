"""Orders without an answer, rows that show late, and accounts that change: found, waited for, never sent twice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from mt5_bridge.errors import OrderRefused, OutcomeUnknown
from mt5_bridge.trading.words import (
    OrderReport,
    OrderState,
    Outcome,
)
from ticklake_assets_tests.mt5_bridge.scripted_account import (
    DONE,
    FILLED_UNSAID,
    LOST,
    Answer,
    ScriptedAccount,
)
from ticklake_assets_tests.mt5_bridge.terminal.trader import ID, Trader, order_of


@pytest.mark.parametrize(
    "error", [(-10005, "IPC timeout"), (-10004, "No IPC connection"), (1, "Success"), (-1, "fail")]
)
def test_filled_without_a_word_is_found(trader: Trader, error: tuple[int, str]) -> None:
    trader.account.answers = [FILLED_UNSAID._replace(error=error)]
    with pytest.raises(OutcomeUnknown):
        trader.place()
    report = trader.terminal.find(ID)
    assert report is not None
    assert report.state is OrderState.OPEN
    assert len(trader.account.requests) == 1


def test_a_call_that_breaks_is_unknown_and_found(trader: Trader) -> None:
    trader.account.answers = [Answer(raises=ConnectionResetError("gone"))]
    with pytest.raises(OutcomeUnknown, match="gone"):
        trader.place()
    report = trader.terminal.find(ID)
    assert report is not None
    assert report.state is OrderState.OPEN


def test_arguments_that_the_package_refuses_were_not_sent(trader: Trader) -> None:
    trader.account.answers = [Answer(None, 0.0, (-2, 'Invalid "comment" argument'))]
    with pytest.raises(OrderRefused) as refused:
        trader.place()
    assert refused.value.reason == "invalid_params"


def test_without_a_trace_it_is_asked_after_for_the_stated_time_and_number(trader: Trader) -> None:
    trader.account.answers = [LOST]
    with pytest.raises(OutcomeUnknown):
        trader.place()
    asked = 0
    for second in range(100):
        assert trader.terminal.busy("SYNEUR") == "position_open"
        try:
            assert trader.terminal.find(ID) is None
        except OutcomeUnknown:
            asked += 1
            trader.quote(1, 1.1)
        else:
            assert second == 60
            break
    assert asked == 60
    assert trader.terminal.busy("SYNEUR") is None
    assert len(trader.account.requests) == 1


def test_an_asking_without_an_answer_begins_the_wait_anew(trader: Trader) -> None:
    trader.account.answers = [LOST]
    with pytest.raises(OutcomeUnknown):
        trader.place()
    for second in range(110):
        trader.account.connected = second != 45
        if second == 106:
            assert trader.terminal.find(ID) is None
            break
        with pytest.raises(OutcomeUnknown):
            trader.terminal.find(ID)
        trader.account.sleep(1)


@pytest.mark.parametrize(
    "function",
    [
        "positions_get",
        "orders_get",
        "history_orders_get",
        "history_deals_get",
        "account_info",
        "terminal_info",
    ],
)
def test_half_an_asking_is_none(trader: Trader, function: str) -> None:
    trader.account.answers = [LOST]
    with pytest.raises(OutcomeUnknown):
        trader.place()
    trader.account.silent = {function}
    for _ in range(300):
        with pytest.raises(OutcomeUnknown):
            trader.terminal.find(ID)
        trader.account.sleep(1)


def test_another_account_says_nothing_and_gets_nothing(trader: Trader) -> None:
    trader.account.answers = [LOST]
    with pytest.raises(OutcomeUnknown):
        trader.place()
    trader.account.login = 8
    for _ in range(100):
        with pytest.raises(OutcomeUnknown):
            trader.terminal.find(ID)
        trader.account.sleep(1)
    other = replace(order_of(trader.account), intent_id="1" * 16)
    with pytest.raises(OrderRefused):
        trader.terminal.place(other)
    assert len(trader.account.requests) == 1


def test_another_account_is_not_taken_for_a_free_one(trader: Trader) -> None:
    trader.account.login = 8
    assert trader.terminal.busy("SYNEUR") == "terminal_silent"


def test_another_account_gets_no_close(trader: Trader) -> None:
    trader.place()
    trader.account.login = 8
    assert trader.quote(20, 1.1) == []
    assert len(trader.account.requests) == 1
    trader.account.login = 7
    [report] = trader.quote(2, 1.1)
    assert report.state is OrderState.CLOSED


def test_an_order_that_turns_up_after_all_is_noticed_and_closed_in_time(trader: Trader) -> None:
    trader.account.answers = [Answer(None, 1.0, (-10005, "IPC timeout"))]
    trader.account.late_s = {"positions": 90, "history": 90, "deals": 90}
    with pytest.raises(OutcomeUnknown):
        trader.place()
    for _ in range(61):
        try:
            found = trader.terminal.find(ID)
        except OutcomeUnknown:
            trader.account.sleep(1)
    assert found is None
    assert trader.quote(10, 1.1) == []
    trader.account.late_s = {}
    trader.account.quote(21, 1.1)
    reports = trader.see()
    assert [report.state for report in reports] == [OrderState.OPEN, OrderState.CLOSED]
    assert reports[1].position is not None
    assert reports[1].position.outcome is Outcome.TIME


@pytest.mark.parametrize("late", ["positions", "deals", "history"])
def test_rows_that_show_late_are_waited_for(trader: Trader, late: str) -> None:
    trader.account.late_s = {late: 3.0}
    report = trader.place()
    assert report is not None
    assert report.state in {OrderState.OPEN, OrderState.ACCEPTED}
    trader.quote(4, 1.1)
    reports = trader.quote(1, 1.10012)
    assert trader.terminal.busy("SYNEUR") == ("position_open" if late == "deals" else None)
    reports += trader.quote(4, 1.1)
    assert reports[-1].state is OrderState.CLOSED
    assert reports[-1].position is not None
    assert reports[-1].position.outcome is Outcome.TARGET
    assert reports[-1].position.money == Decimal("4.30")
    assert trader.quote(20, 1.1) == []
    assert len(trader.account.requests) == 1


def test_a_position_is_closed_once_the_deals_account_for_all_of_it(trader: Trader) -> None:
    """Its entry's deal, with half of the commission, shows after its exit's."""
    trader.account.late_s = {"deals": 5.0}
    trader.place()
    trader.account.late_s = {}
    assert trader.quote(2, 1.1) == []
    assert [report.state for report in trader.quote(1, 1.10012)] == [OrderState.OPEN]
    [report] = trader.quote(3, 1.1)
    assert report.state is OrderState.CLOSED
    assert report.position is not None
    assert report.position.money == Decimal("4.30")


def test_of_an_exit_in_parts_all_are_waited_for(trader: Trader) -> None:
    trader.place()
    [row] = trader.account.rows["positions"]
    trader.account.close(row, 0.2, ScriptedAccount.DEAL_REASON_CLIENT)
    trader.account.late_s = {"deals": 5.0}
    trader.account.close(row, 0.3, ScriptedAccount.DEAL_REASON_CLIENT)
    assert [report.state for report in trader.quote(1, 1.1)] == [OrderState.OPEN]
    assert [report.state for report in trader.quote(5, 1.1)] == [OrderState.CLOSED]


def test_done_is_a_hint_and_the_account_counts(trader: Trader) -> None:
    """A server that says done and shows nothing: neither filled nor sent again."""
    trader.account.answers = [Answer(DONE, 0.0)]
    assert trader.place() == OrderReport(ID, OrderState.ACCEPTED)
    trader.quote(100, 1.1)
    assert trader.terminal.busy("SYNEUR") == "position_open"
    assert len(trader.account.requests) == 1
