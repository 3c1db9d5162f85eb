"""Entries in a terminal that does what a script says: each answer, and what is decided before sending."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from mt5_bridge.errors import OrderRefused, OutcomeUnknown, TerminalError
from mt5_bridge.terminal.retcodes import RETCODES, Action
from mt5_bridge.trading.words import (
    OrderReport,
    OrderState,
    Outcome,
    Quote,
    Request,
)
from ticklake_assets_tests.mt5_bridge.scripted_account import (
    PARTIAL,
    PLACED,
    Answer,
)
from ticklake_assets_tests.mt5_bridge.terminal.trader import ID, Trader


def test_an_order_goes_with_stop_target_and_our_mark(trader: Trader) -> None:
    report = trader.place()
    [request] = trader.account.requests
    assert request == {
        "action": 1,
        "symbol": "EURUSD.m",
        "volume": 0.5,
        "type": 0,
        "price": 1.10002,
        "sl": 1.0999,
        "tp": 1.10012,
        "deviation": 10,
        "magic": 0x7F,
        "comment": "tl-00000000000000ff",
        "type_time": 0,
        "type_filling": 0,
    }
    assert type(request["magic"]) is int
    assert type(request["volume"]) is float
    assert trader.account.calls.index("order_check") < trader.account.calls.index("order_send")
    assert report is not None
    assert report.state is OrderState.OPEN
    position = report.position
    assert position is not None
    assert (position.entry.ts_us, position.entry.price) == (trader.account.now, 1.10002)
    assert (position.volume, position.left, position.money) == (
        Decimal("0.5"),
        Decimal("0.5"),
        Decimal("-0.35"),
    )
    assert (position.stop, position.target) == (1.0999, 1.10012)
    assert trader.terminal.busy("SYNEUR") == "position_open"
    assert trader.see() == []


def test_a_short_order_is_the_mirror_image(trader: Trader) -> None:
    trader.place(side="short", stop=1.1002, target=1.09985)
    [report] = trader.quote(2, 1.09983)
    assert report.position is not None
    assert (report.position.entry.price, report.position.outcome) == (1.1, Outcome.TARGET)
    assert report.position.net == 1.1 - 1.09985


@pytest.mark.parametrize("row", RETCODES.values(), ids=lambda row: row.name)
def test_each_answer_does_what_the_table_says(trader: Trader, row: Any) -> None:
    trader.account.answers = [
        Answer(
            row.code,
            1.0 if row.action in {Action.DONE, Action.PLACED} else 0.5,
            waits=row.action is Action.PARTIAL,
        )
    ]
    match row.action:
        case Action.DONE | Action.PARTIAL | Action.PLACED:
            report = trader.place()
            assert report is not None
            assert report.state is OrderState.OPEN
        case Action.NO_ENTRY:
            report = trader.place()
            assert report is not None
            assert report.state is OrderState.NO_ENTRY
            assert trader.terminal.busy("SYNEUR") is None
        case Action.AGAIN:
            report = trader.place()
            assert report is not None
            assert report.state is OrderState.OPEN
            assert len(trader.account.requests) == 2
            return
        case Action.REFUSED:
            with pytest.raises(OrderRefused) as refused:
                trader.place()
            assert refused.value.reason == row.name.lower()
            assert trader.terminal.find(ID) is None
            assert trader.terminal.busy("SYNEUR") is None
        case Action.UNKNOWN:
            with pytest.raises(OutcomeUnknown):
                trader.place()
            assert trader.terminal.busy("SYNEUR") == "position_open"
    assert len(trader.account.requests) == 1


def test_an_answer_that_is_not_in_the_table_is_unknown(trader: Trader) -> None:
    trader.account.answers = [Answer(10046, 0.0)]
    with pytest.raises(OutcomeUnknown, match="not in the table"):
        trader.place()
    with pytest.raises(OutcomeUnknown):
        trader.terminal.find(ID)


def test_another_price_is_tried_at_a_stated_number_of_times_within_the_window(trader: Trader) -> None:
    trader.account.answers = [Answer(10004)] * 5
    with pytest.raises(OrderRefused) as refused:
        trader.place()
    assert refused.value.reason == "requote"
    assert len(trader.account.requests) == 3


def test_after_its_horizon_there_is_no_entry_as_in_the_order_table(trader: Trader) -> None:
    report = trader.place(horizon_end_us=trader.account.now)
    assert report is not None
    assert report.state is OrderState.NO_ENTRY
    assert trader.account.requests == []


@pytest.mark.parametrize("retcode", [10016, 10006])
def test_quotes_of_while_an_entry_was_on_its_way_are_busy_as_in_the_order_table(
    trader: Trader, retcode: int
) -> None:
    trader.see()
    trader.account.answers = [Answer(retcode, 0.0)]
    trader.account.at_each_call = lambda name: trader.account.sleep(0.2 if name == "order_sent" else 0)
    with suppress(OrderRefused):
        trader.place()
    meanwhile = trader.account.now - 1
    trader.terminal.advance("SYNEUR", Quote(meanwhile, 1, 1.1, 1.10002))
    assert trader.terminal.busy("SYNEUR") == "position_open"
    trader.terminal.advance("SYNEUR", Quote(meanwhile + 1, 2, 1.1, 1.10002))
    assert trader.terminal.busy("SYNEUR") is None


def test_after_its_window_nothing_is_sent(trader: Trader) -> None:
    with pytest.raises(OrderRefused) as refused:
        trader.place(earliest_entry_us=trader.account.now - 2_000_001)
    assert refused.value.reason == "entry_window"
    assert trader.account.requests == []


@pytest.mark.parametrize(("retcode", "state"), [(10016, OrderState.NO_ENTRY), (10019, None), (10027, None)])
def test_what_order_check_refuses_is_not_sent(trader: Trader, retcode: int, state: OrderState | None) -> None:
    trader.account.checks = [retcode]
    if state is None:
        with pytest.raises(OrderRefused):
            trader.place()
    else:
        report = trader.place()
        assert report is not None
        assert report.state is state
    assert trader.account.requests == []


@pytest.mark.parametrize(
    ("symbol", "changes", "reason"),
    [
        ({"trade_stops_level": 11}, {}, "stops_too_near"),
        ({"volume_step": 0.2}, {}, "invalid_volume"),
        ({"volume_max": 0.4}, {}, "invalid_volume"),
        ({"volume_min": 0.6}, {}, "invalid_volume"),
        ({"filling_mode": 0}, {}, "invalid_fill"),
    ],
)
def test_what_the_broker_would_refuse_is_decided_before(
    trader: Trader, symbol: dict[str, Any], changes: dict[str, Any], reason: str
) -> None:
    trader.account.symbol = symbol
    with pytest.raises(OrderRefused) as refused:
        trader.place(**changes)
    assert refused.value.reason == reason
    assert "order_check" not in trader.account.calls


def test_a_market_that_left_is_noentry_of(trader: Trader) -> None:
    trader.account.quote(0, 1.0999)
    report = trader.place()
    assert report is not None
    assert report.state is OrderState.NO_ENTRY
    assert trader.account.requests == []


def test_partly_filled_is_of_what_was_filled_and_the_rest_taken_back(trader: Trader) -> None:
    trader.account.answers = [Answer(PARTIAL, 0.4, waits=True)]
    report = trader.place()
    assert report is not None
    assert report.position is not None
    assert (report.position.volume, report.position.left) == (Decimal("0.2"), Decimal("0.2"))
    trader.quote(2.3, 1.1)
    assert trader.announced == [Request(ID, "remove", "entry_window")]
    assert trader.account.rows["orders"] == []
    [report] = trader.quote(10, 1.1)
    assert report.position is not None
    assert (report.position.volume, report.position.outcome) == (Decimal("0.2"), Outcome.TIME)


def test_a_rest_outlives_no_position(trader: Trader) -> None:
    trader.account.answers = [Answer(PARTIAL, 0.4, waits=True)]
    trader.place()
    reports = trader.quote(1, 1.10012)
    assert trader.account.rows["orders"] == []
    assert reports[-1].state is OrderState.CLOSED


def test_a_rest_that_may_wait_unseen_is_waited_for(trader: Trader) -> None:
    """Its position is gone and told of before the terminal shows the rest."""
    trader.account.answers = [Answer(PARTIAL, 0.4, waits=True)]
    trader.account.late_s = {"orders": 1.5}
    trader.place()
    assert [report.state for report in trader.quote(1, 1.10012)] == [OrderState.OPEN]
    reports = trader.quote(1, 1.1)
    assert trader.account.rows["orders"] == []
    assert reports[-1].state is OrderState.CLOSED


def test_placed_and_never_filled_is_noentry_of(trader: Trader) -> None:
    trader.account.answers = [Answer(PLACED, 0.0, waits=True)]
    report = trader.place()
    assert report == OrderReport(ID, OrderState.ACCEPTED)
    [report] = trader.quote(2.3, 1.1)
    assert report.state is OrderState.NO_ENTRY
    assert trader.terminal.busy("SYNEUR") is None


def test_an_order_is_sent_once(trader: Trader) -> None:
    trader.place()
    with pytest.raises(TerminalError, match="was sent"):
        trader.terminal.place(trader.order)
