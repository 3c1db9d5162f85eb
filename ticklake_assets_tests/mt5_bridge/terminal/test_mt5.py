"""Orders in a terminal that does what a script says: answers, no answers, late rows, other people, restarts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from mt5_bridge.errors import OrderRefused, OutcomeUnknown, TerminalError
from mt5_bridge.terminal.mt5 import Mt5Terminal, OrderSettings, TradedSymbol
from mt5_bridge.terminal.request import comment_of, magic_of
from mt5_bridge.terminal.retcodes import RETCODES, Action
from mt5_bridge.trading.words import (
    Entry,
    Fate,
    Intent,
    Order,
    OrderReport,
    OrderState,
    Outcome,
    Quote,
    Request,
)
from ticklake_assets_tests.mt5_bridge.orders import flat, make_order
from ticklake_assets_tests.mt5_bridge.scripted_account import (
    DONE,
    FILLED_UNSAID,
    LOST,
    PARTIAL,
    PLACED,
    Answer,
    ScriptedAccount,
)
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import CLOCK

_ID = "00000000000000ff"
_SYMBOLS = {"SYNEUR": TradedSymbol("EURUSD.m", flat(0.0))}
_SETTINGS = OrderSettings(patience_s=60, askings=4)


def _order(account: ScriptedAccount, intent_id: str = _ID, **changes: Any) -> Order:
    """Long from 1.10002, 10 seconds long, half a lot."""
    start = account.now
    times = {"earliest_entry_us": start + 200_000, "horizon_end_us": start + 10_000_000}
    usual = {**times, "day_end_us": start + 3_600_000_000, "volume": Decimal("0.5")}
    return make_order(intent_id, **usual | changes)


class Trader:
    """A terminal over an account, and what it announced."""

    def __init__(self, account: ScriptedAccount, settings: OrderSettings = _SETTINGS) -> None:
        self.account = account
        self.announced: list[Request] = []
        self.terminal = Mt5Terminal(account, account, CLOCK, _SYMBOLS, self.announced.append, settings)
        self.order = _order(account)

    def place(self, **changes: Any) -> OrderReport | None:
        self.order = _order(self.account, **changes)
        self.terminal.place(self.order)
        return self.terminal.find(self.order.intent_id)

    def quote(self, seconds: float, bid: float) -> list[OrderReport]:
        self.account.quote(seconds, bid)
        return self.see()

    def see(self) -> list[OrderReport]:
        account = self.account
        return self.terminal.advance("SYNEUR", Quote(account.now, 1, account.bid, account.ask))


@pytest.fixture(params=["hedging", "netting"])
def trader(request: pytest.FixtureRequest) -> Trader:
    return Trader(ScriptedAccount(hedging=request.param == "hedging"))


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


@pytest.mark.parametrize(
    ("bid", "outcome", "money"), [(1.10012, Outcome.TARGET, "4.30"), (1.0999, Outcome.STOP, "-6.70")]
)
def test_stop_and_target_are_the_brokers(trader: Trader, bid: float, outcome: Outcome, money: str) -> None:
    trader.place()
    [report] = trader.quote(2, bid)
    assert report.state is OrderState.CLOSED
    position = report.position
    assert position is not None
    assert position.exit is not None
    assert (position.outcome, position.exit.price, position.exit.ts_us) == (outcome, bid, trader.account.now)
    assert position.money == Decimal(money)
    assert position.net == bid - 1.10002
    assert position.left == 0
    assert trader.terminal.busy("SYNEUR") is None
    assert trader.announced == []


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [({}, Outcome.TIME), ({"horizon_end_us": 2**62, "day_end_us": 0}, Outcome.DAY_END)],
)
def test_time_is_the_bridges(trader: Trader, changes: dict[str, int], outcome: Outcome) -> None:
    if "day_end_us" in changes:
        changes = changes | {"day_end_us": trader.account.now + 10_000_000}
    trader.place(**changes)
    assert trader.quote(9.999999, 1.1) == []
    [report] = trader.quote(0.000001, 1.10001)
    assert report.position is not None
    assert report.position.outcome is outcome
    assert trader.announced == [Request(_ID, "close", outcome)]
    close = trader.account.requests[-1]
    assert (close["type"], close["volume"], close["price"]) == (1, 0.5, 1.10001)
    assert close["position"] == report.position.ticket


def test_the_day_ends_with_its_last_quote(trader: Trader) -> None:
    trader.place()
    [report] = trader.terminal.end_of_day("SYNEUR")
    assert report.position is not None
    assert report.position.outcome is Outcome.DAY_END


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
            assert trader.terminal.find(_ID) is None
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
        trader.terminal.find(_ID)


def test_another_price_is_tried_at_a_stated_number_of_times_within_the_window(trader: Trader) -> None:
    trader.account.answers = [Answer(10004)] * 5
    with pytest.raises(OrderRefused) as refused:
        trader.place()
    assert refused.value.reason == "requote"
    assert len(trader.account.requests) == 3


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


def test_a_market_that_left_is_no_entry(trader: Trader) -> None:
    trader.account.quote(0, 1.0999)
    report = trader.place()
    assert report is not None
    assert report.state is OrderState.NO_ENTRY
    assert trader.account.requests == []


@pytest.mark.parametrize(
    "error", [(-10005, "IPC timeout"), (-10004, "No IPC connection"), (1, "Success"), (-1, "fail")]
)
def test_filled_without_a_word_is_found(trader: Trader, error: tuple[int, str]) -> None:
    trader.account.answers = [FILLED_UNSAID._replace(error=error)]
    with pytest.raises(OutcomeUnknown):
        trader.place()
    report = trader.terminal.find(_ID)
    assert report is not None
    assert report.state is OrderState.OPEN
    assert len(trader.account.requests) == 1


def test_a_call_that_breaks_is_unknown_and_found(trader: Trader) -> None:
    trader.account.answers = [Answer(raises=ConnectionResetError("gone"))]
    with pytest.raises(OutcomeUnknown, match="gone"):
        trader.place()
    report = trader.terminal.find(_ID)
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
            assert trader.terminal.find(_ID) is None
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
            assert trader.terminal.find(_ID) is None
            break
        with pytest.raises(OutcomeUnknown):
            trader.terminal.find(_ID)
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
            trader.terminal.find(_ID)
        trader.account.sleep(1)


def test_another_account_says_nothing_and_gets_nothing(trader: Trader) -> None:
    trader.account.answers = [LOST]
    with pytest.raises(OutcomeUnknown):
        trader.place()
    trader.account.login = 8
    for _ in range(100):
        with pytest.raises(OutcomeUnknown):
            trader.terminal.find(_ID)
        trader.account.sleep(1)
    other = replace(_order(trader.account), intent_id="1" * 16)
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
            found = trader.terminal.find(_ID)
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


def test_a_position_that_a_person_turned_round_is_closed_and_the_rest_theirs() -> None:
    trader = Trader(ScriptedAccount(hedging=False))
    trader.place()
    [row] = trader.account.rows["positions"]
    trader.account.close(row, 0.5, ScriptedAccount.DEAL_REASON_CLIENT, magic=0)
    turned = trader.account.rows["deals"][-1]
    turned.entry, turned.volume = ScriptedAccount.DEAL_ENTRY_INOUT, 1.5
    rest = trader.account.open(1, 1.0)
    rest.identifier = row.identifier
    trader.account.rows["deals"].pop()
    [report] = trader.quote(1, 1.1)
    assert report.position is not None
    assert report.position.outcome is Outcome.MANUAL
    trader.quote(10, 1.1)
    assert rest.volume == 1.0
    assert len(trader.account.requests) == 1


def test_a_close_is_not_sent_twice_while_its_deals_are_late(trader: Trader) -> None:
    trader.place()
    trader.account.late_s = {"deals": 5.0}
    trader.account.quote(10, 1.1)
    for _ in range(5):
        trader.quote(1, 1.1)
    assert len(trader.account.requests) == 2
    [report] = trader.quote(2, 1.1)
    assert report.state is OrderState.CLOSED


def test_partly_filled_is_of_what_was_filled_and_the_rest_taken_back(trader: Trader) -> None:
    trader.account.answers = [Answer(PARTIAL, 0.4, waits=True)]
    report = trader.place()
    assert report is not None
    assert report.position is not None
    assert (report.position.volume, report.position.left) == (Decimal("0.2"), Decimal("0.2"))
    trader.quote(2.3, 1.1)
    assert trader.announced == [Request(_ID, "remove", "entry_window")]
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


def test_placed_and_never_filled_is_no_entry(trader: Trader) -> None:
    trader.account.answers = [Answer(PLACED, 0.0, waits=True)]
    report = trader.place()
    assert report == OrderReport(_ID, OrderState.ACCEPTED)
    [report] = trader.quote(2.3, 1.1)
    assert report.state is OrderState.NO_ENTRY
    assert trader.terminal.busy("SYNEUR") is None


def test_a_close_filled_in_part_is_finished(trader: Trader) -> None:
    trader.place()
    trader.account.answers = [Answer(PARTIAL, 0.4)]
    [part] = trader.quote(10, 1.1)
    assert part.position is not None
    assert part.position.left == Decimal("0.3")
    [report] = trader.quote(2, 1.10004)
    assert report.position is not None
    assert report.position.exit is not None
    assert report.position.exit.price == pytest.approx((0.2 * 1.1 + 0.3 * 1.10004) / 0.5, abs=1e-12)
    assert [request["volume"] for request in trader.account.requests] == [0.5, 0.5, 0.3]


def test_a_refused_close_is_tried_again(trader: Trader) -> None:
    trader.place()
    trader.account.answers = [Answer(10018, 0.0)]
    assert trader.quote(10, 1.1) == []
    assert trader.quote(0.5, 1.1) == []
    [report] = trader.quote(0.5, 1.1)
    assert report.state is OrderState.CLOSED


def test_a_close_without_an_answer_is_not_repeated_on_netting_before_the_stated_time() -> None:
    """There it would open the opposite position."""
    trader = Trader(ScriptedAccount(hedging=False))
    trader.place()
    trader.account.answers = [LOST._replace(share=0.0)]
    trader.quote(10, 1.1)
    for _ in range(58):
        trader.quote(1, 1.1)
    assert len(trader.account.requests) == 2
    assert [report.state for _ in range(4) for report in trader.quote(1, 1.1)] == [OrderState.CLOSED]
    assert len(trader.account.requests) == 3


def test_a_close_without_an_answer_is_repeated_by_its_ticket_on_hedging() -> None:
    trader = Trader(ScriptedAccount(hedging=True))
    trader.place()
    trader.account.answers = [LOST._replace(share=0.0)]
    trader.quote(10, 1.1)
    [report] = trader.quote(1, 1.1)
    assert report.state is OrderState.CLOSED


def test_a_close_that_was_done_without_an_answer_is_found(trader: Trader) -> None:
    trader.place()
    trader.account.answers = [FILLED_UNSAID]
    [report] = trader.quote(10, 1.1)
    assert report.state is OrderState.CLOSED
    assert report.position is not None
    assert report.position.outcome is Outcome.TIME


def test_a_frozen_position_is_left_to_its_stop(trader: Trader) -> None:
    trader.place()
    trader.account.symbol = {"trade_freeze_level": 5}
    assert trader.quote(10, 1.09994) == []
    assert trader.announced == []
    [report] = trader.quote(1, 1.1)
    assert report.state is OrderState.CLOSED


def test_a_person_closes(trader: Trader) -> None:
    trader.place()
    [row] = trader.account.rows["positions"]
    trader.account.close(row, 0.2, ScriptedAccount.DEAL_REASON_MOBILE, magic=0)
    [part] = trader.quote(1, 1.1)
    assert part.note == "0.2 of 0.5 lots were closed"
    assert part.position is not None
    assert part.position.left == Decimal("0.3")
    trader.account.close(row, 0.3, ScriptedAccount.DEAL_REASON_CLIENT, magic=0)
    [report] = trader.quote(1, 1.1)
    assert report.position is not None
    assert report.position.outcome is Outcome.MANUAL
    assert trader.announced == []


def test_a_stop_out_is_told_apart(trader: Trader) -> None:
    trader.place()
    [row] = trader.account.rows["positions"]
    trader.account.close(row, 0.5, ScriptedAccount.DEAL_REASON_SO)
    [report] = trader.quote(1, 1.1)
    assert report.position is not None
    assert report.position.outcome is Outcome.STOP_OUT


def test_a_person_moves_stop_and_target_and_they_are_left_so() -> None:
    trader = Trader(ScriptedAccount(), replace(_SETTINGS, break_even_at=Decimal("0.5")))
    trader.place()
    [row] = trader.account.rows["positions"]
    row.sl, row.tp = 1.0995, 0.0
    [report] = trader.quote(1, 1.1)
    assert (
        report.note == "its stop was moved from 1.0999 to 1.0995, its target was moved from 1.10012 to None"
    )
    assert trader.quote(1, 1.1001) == []
    assert (row.sl, row.tp) == (1.0995, 0.0)
    assert trader.announced == []


def test_stops_that_a_broker_drops_are_put_there() -> None:
    trader = Trader(ScriptedAccount(drops_stops=True))
    trader.place()
    trader.quote(0.1, 1.1)
    [row] = trader.account.rows["positions"]
    assert (row.sl, row.tp) == (1.0999, 1.10012)
    assert trader.announced == [Request(_ID, "modify", "dropped_by_broker", 1.0999)]


def test_at_half_way_the_stop_goes_to_the_entry_and_then_follows() -> None:
    settings = replace(_SETTINGS, break_even_at=Decimal("0.5"), trail_points=5)
    trader = Trader(ScriptedAccount(), settings)
    trader.place(stop=1.0998, target=1.10042)
    [row] = trader.account.rows["positions"]
    stops = []
    for bid in (1.1, 1.10021, 1.10022, 1.1003, 1.10026):
        trader.quote(1, bid)
        stops.append(row.sl)
    assert stops == [1.09995, 1.10016, 1.10017, 1.10025, 1.10025]
    assert {request.why for request in trader.announced} == {"trailing"}
    reports = trader.quote(1, 1.10025)
    assert reports[-1].position is not None
    assert reports[-1].position.outcome is Outcome.STOP


def test_break_even_alone() -> None:
    trader = Trader(ScriptedAccount(), replace(_SETTINGS, break_even_at=Decimal("0.5")))
    trader.place()
    [row] = trader.account.rows["positions"]
    trader.quote(1, 1.10006)
    assert row.sl == 1.0999
    [report] = trader.quote(1, 1.10007)
    assert row.sl == 1.10002
    assert report.note == ""
    assert trader.announced == [Request(_ID, "modify", "break_even", 1.10002)]


def test_strangers_on_hedging_are_left_alone() -> None:
    trader = Trader(ScriptedAccount(hedging=True))
    stranger = trader.account.open(0, 1.0, magic=5)
    assert trader.terminal.busy("SYNEUR") is None
    trader.place()
    trader.quote(10, 1.1)
    assert trader.account.rows["positions"] == [stranger]
    assert stranger.volume == 1.0


def test_a_stranger_on_netting_makes_the_symbol_busy() -> None:
    trader = Trader(ScriptedAccount(hedging=False))
    trader.account.open(0, 1.0, magic=5)
    assert trader.terminal.busy("SYNEUR") == "foreign_position"
    with pytest.raises(OrderRefused):
        trader.place()
    assert trader.account.requests == []


def test_what_a_stranger_adds_on_netting_stays_the_strangers() -> None:
    trader = Trader(ScriptedAccount(hedging=False))
    trader.place()
    trader.account.open(0, 1.0, magic=5)
    trader.quote(1, 1.1)
    trader.quote(9, 1.1)
    assert trader.account.requests[-1]["volume"] == 0.5
    assert trader.account.rows["positions"][0].volume == 1.0


def test_our_mark_of_another_journal_makes_the_symbol_busy(trader: Trader) -> None:
    trader.account.open(0, 1.0, magic=magic_of("1" * 16), comment=comment_of("1" * 16))
    assert trader.terminal.busy("SYNEUR") == "unknown_position"


def test_a_terminal_that_does_not_say_gets_no_order(trader: Trader) -> None:
    trader.account.silent = {"positions_get"}
    assert trader.terminal.busy("SYNEUR") == "terminal_silent"
    with pytest.raises(OrderRefused):
        trader.place()


def test_an_order_is_sent_once(trader: Trader) -> None:
    trader.place()
    with pytest.raises(TerminalError, match="was sent"):
        trader.terminal.place(trader.order)


def _entry(order: Order, fate: Fate | OrderState, **changes: Any) -> Entry:
    intent = Intent(order.intent_id, "s", "b", order.symbol, 1, order.side)
    return Entry(intent, order, fate, **changes)


@pytest.mark.parametrize(
    "fate", [Fate.SENDING, Fate.UNKNOWN, OrderState.ACCEPTED, OrderState.OPEN, Fate.NEVER_ARRIVED]
)
def test_after_a_restart_it_goes_on(trader: Trader, fate: Fate | OrderState) -> None:
    report = trader.place()
    assert report is not None
    again = Trader(trader.account)
    position = report.position if fate is OrderState.OPEN else None
    again.terminal.adopt(_entry(trader.order, fate, position=position))
    reports = again.quote(10, 1.1)
    assert reports[-1].state is OrderState.CLOSED
    assert reports[-1].position is not None
    assert reports[-1].position.outcome is Outcome.TIME


def test_a_close_on_its_way_at_the_end_is_not_repeated_on_netting_at_once() -> None:
    trader = Trader(ScriptedAccount(hedging=False))
    report = trader.place()
    assert report is not None
    again = Trader(trader.account)
    again.terminal.adopt(
        _entry(trader.order, OrderState.OPEN, position=report.position, closing=Outcome.TIME)
    )
    again.account.quote(10, 1.1)
    for _ in range(60):
        again.quote(1, 1.1)
    assert len(trader.account.requests) == 1
    assert [each.state for _ in range(3) for each in again.quote(1, 1.1)] == [OrderState.CLOSED]


def test_a_stop_that_was_moved_while_no_bridge_ran_is_noticed(trader: Trader) -> None:
    report = trader.place()
    assert report is not None
    trader.account.rows["positions"][0].sl = 1.0995
    again = Trader(trader.account)
    again.terminal.adopt(_entry(trader.order, OrderState.OPEN, position=report.position))
    [noticed] = again.quote(1, 1.1)
    assert noticed.note == "its stop was moved from 1.0999 to 1.0995"


def test_two_opposite_positions_of_ours_that_are_due_are_closed_by_each_other() -> None:
    """One came late: it had counted as never arrived."""
    trader = Trader(ScriptedAccount(hedging=True))
    trader.place()
    short = _order(trader.account, "1" * 16, side="short", stop=1.1002, target=1.0998, volume=Decimal("0.3"))
    trader.account.open(1, 0.3, magic_of("1" * 16), comment_of("1" * 16), 3, sl=1.1002, tp=1.0998)
    trader.terminal.adopt(_entry(short, Fate.NEVER_ARRIVED))
    reports = trader.quote(10, 1.1)
    assert [request["action"] for request in trader.account.requests] == [1, 10]
    by_id = {report.intent_id: report for report in reports}
    assert by_id["1" * 16].state is OrderState.CLOSED
    assert {(request.intent_id, request.action) for request in trader.announced} == {
        ("1" * 16, "close_by"),
        (_ID, "close_by"),
    }
    [report] = trader.quote(2, 1.1)
    assert report.intent_id == _ID
    assert report.state is OrderState.CLOSED
    assert trader.account.rows["positions"] == []


def test_done_is_a_hint_and_the_account_counts(trader: Trader) -> None:
    """A server that says done and shows nothing: neither filled nor sent again."""
    trader.account.answers = [Answer(DONE, 0.0)]
    assert trader.place() == OrderReport(_ID, OrderState.ACCEPTED)
    trader.quote(100, 1.1)
    assert trader.terminal.busy("SYNEUR") == "position_open"
    assert len(trader.account.requests) == 1
