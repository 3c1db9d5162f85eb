"""How positions end: stop and target at the broker, time and following stops by the bridge."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from mt5_bridge.terminal.request import comment_of, magic_of
from mt5_bridge.trading.words import (
    Fate,
    OrderState,
    Outcome,
    Request,
)
from ticklake_assets_tests.mt5_bridge.scripted_account import (
    FILLED_UNSAID,
    LOST,
    PARTIAL,
    Answer,
    ScriptedAccount,
)
from ticklake_assets_tests.mt5_bridge.terminal.trader import ID, SETTINGS, Trader, entry_of, order_of


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
    assert trader.announced == [Request(ID, "close", outcome)]
    close = trader.account.requests[-1]
    assert (close["type"], close["volume"], close["price"]) == (1, 0.5, 1.10001)
    assert close["position"] == report.position.ticket


def test_time_does_not_wait_for_a_clean_quote_for_long(trader: Trader) -> None:
    """The endpoint may call every quote unclean: the terminal is then shown none."""
    trader.place()
    trader.account.quote(39.9, 1.1)
    assert trader.terminal.reports("SYNEUR") == []
    trader.account.quote(0.2, 1.10001)
    [report] = trader.terminal.reports("SYNEUR")
    assert report.position is not None
    assert report.position.outcome is Outcome.TIME
    assert trader.terminal.reports("SYNEUR") == []


def test_the_day_ends_with_its_last_quote(trader: Trader) -> None:
    trader.place()
    [report] = trader.terminal.end_of_day("SYNEUR")
    assert report.position is not None
    assert report.position.outcome is Outcome.DAY_END


def test_a_close_is_not_sent_twice_while_its_deals_are_late(trader: Trader) -> None:
    trader.place()
    trader.account.late_s = {"deals": 5.0}
    trader.account.quote(10, 1.1)
    for _ in range(5):
        trader.quote(1, 1.1)
    assert len(trader.account.requests) == 2
    [report] = trader.quote(2, 1.1)
    assert report.state is OrderState.CLOSED


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


def test_a_close_on_its_way_is_not_forgotten_over_another_request() -> None:
    trader = Trader(ScriptedAccount(hedging=False))
    trader.account.answers = [
        Answer(PARTIAL, 0.4, waits=True),
        LOST._replace(share=0.0),
        *[Answer(10029, 0.0)] * 5,
    ]
    trader.place(horizon_end_us=trader.account.now + 1_000_000)
    for _ in range(5):
        trader.quote(1.5, 1.1)
    actions = [(request["action"], "position" in request) for request in trader.account.requests]
    assert actions.count((1, True)) == 1
    assert (8, False) in actions


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


def test_stops_that_a_broker_drops_are_put_there() -> None:
    trader = Trader(ScriptedAccount(drops_stops=True))
    trader.place()
    trader.quote(0.1, 1.1)
    [row] = trader.account.rows["positions"]
    assert (row.sl, row.tp) == (1.0999, 1.10012)
    assert trader.announced == [Request(ID, "modify", "dropped_by_broker", 1.0999)]


@pytest.mark.parametrize(("bid", "outcome"), [(1.0998, Outcome.STOP), (1.1002, Outcome.TARGET)])
@pytest.mark.parametrize("refused", [10016, None])
def test_a_position_without_its_stop_is_closed_once_the_market_is_beyond(
    bid: float, outcome: Outcome, refused: int | None
) -> None:
    """The broker dropped both, and put none there since: it takes no stop beyond the price."""
    trader = Trader(ScriptedAccount(drops_stops=True))
    trader.place()
    if refused is not None:
        trader.account.answers = [Answer(refused, 0.0)]
        trader.quote(0.1, 1.1)
    reports = trader.quote(1, bid)
    assert [report.state for report in reports] == [OrderState.CLOSED]
    assert reports[0].position is not None
    assert reports[0].position.outcome is outcome
    assert trader.announced[-1] == Request(ID, "close", outcome)


def test_a_position_whose_stop_a_person_took_away_is_theirs(trader: Trader) -> None:
    trader.place()
    [row] = trader.account.rows["positions"]
    row.sl = 0.0
    trader.quote(1, 1.1)
    trader.quote(1, 1.0998)
    assert trader.announced == []
    assert trader.account.rows["positions"] == [row]


def test_at_half_way_the_stop_goes_to_the_entry_and_then_follows() -> None:
    settings = replace(SETTINGS, break_even_at=Decimal("0.5"), trail_points=5)
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
    trader = Trader(ScriptedAccount(), replace(SETTINGS, break_even_at=Decimal("0.5")))
    trader.place()
    [row] = trader.account.rows["positions"]
    trader.quote(1, 1.10006)
    assert row.sl == 1.0999
    [report] = trader.quote(1, 1.10007)
    assert row.sl == 1.10002
    assert report.note == ""
    assert trader.announced == [Request(ID, "modify", "break_even", 1.10002)]


def test_a_close_on_its_way_at_the_end_is_not_repeated_on_netting_at_once() -> None:
    trader = Trader(ScriptedAccount(hedging=False))
    report = trader.place()
    assert report is not None
    again = Trader(trader.account)
    again.terminal.adopt(
        entry_of(trader.order, OrderState.OPEN, position=report.position, closing=Outcome.TIME)
    )
    again.account.quote(10, 1.1)
    for _ in range(60):
        again.quote(1, 1.1)
    assert len(trader.account.requests) == 1
    assert [each.state for _ in range(3) for each in again.quote(1, 1.1)] == [OrderState.CLOSED]


def test_two_opposite_positions_of_ours_that_are_due_are_closed_by_each_other() -> None:
    """One came late: it had counted as never arrived."""
    trader = Trader(ScriptedAccount(hedging=True))
    trader.place()
    short = order_of(
        trader.account, "1" * 16, side="short", stop=1.1002, target=1.0998, volume=Decimal("0.3")
    )
    trader.account.open(1, 0.3, magic_of("1" * 16), comment_of("1" * 16), 3, sl=1.1002, tp=1.0998)
    trader.terminal.adopt(entry_of(short, Fate.NEVER_ARRIVED))
    reports = trader.quote(10, 1.1)
    assert [request["action"] for request in trader.account.requests] == [1, 10]
    by_id = {report.intent_id: report for report in reports}
    assert by_id["1" * 16].state is OrderState.CLOSED
    assert {(request.intent_id, request.action) for request in trader.announced} == {
        ("1" * 16, "close_by"),
        (ID, "close_by"),
    }
    [report] = trader.quote(2, 1.1)
    assert report.intent_id == ID
    assert report.state is OrderState.CLOSED
    assert trader.account.rows["positions"] == []


def test_a_rest_below_the_volume_step_is_closed_whole(trader: Trader) -> None:
    """The broker has made its step larger since."""
    trader.place()
    trader.account.symbol = {"volume_step": 1.0, "volume_min": 1.0}
    trader.quote(10, 1.1)
    assert trader.account.requests[-1]["volume"] == 0.5
