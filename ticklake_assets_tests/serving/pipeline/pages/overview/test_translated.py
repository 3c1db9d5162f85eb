"""By the models that the endpoint and the bridge answer with: a field that they rename fails here."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from mt5_bridge.running.status import (
    FeedStatus,
    MoneyStatus,
    PositionStatus,
    SignalStatus,
    Status,
    SymbolStatus,
)
from serving.endpoint.routers.models import ServedModel
from serving.endpoint.watch.outcomes import Totals
from serving.endpoint.watch.report import (
    BreakerReport,
    DriftReport,
    DriftRow,
    FeedReport,
    OutcomeReport,
    TroubleReport,
    WatchReport,
)
from serving.pipeline.pages.overview.facts import Champion, Days, Held, Watched
from serving.pipeline.pages.overview.translated import bridge_of, champion_of, days_of, watched_of
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.research.coverage import Coverage

AT = datetime(2024, 3, 5, 12, 0, tzinfo=UTC)
TROUBLE = TroubleReport(
    reason="feed_gap", since=AT, worst=400.0, unit="seconds", opens=300.0, closes=120.0, muted=False
)


def watch(breaker: BreakerReport, drift: DriftReport | None = None) -> Watched:
    report = WatchReport(
        symbol="EURUSD",
        day="2024-03-05",
        model=None,
        breaker=breaker,
        feed=FeedReport(last_tick=None, age_s=None, live=True),
        drift=drift,
        outcomes=OutcomeReport(
            live=Totals(events=12, asked=10, acted=7),
            acted=0.75,
            hit_rate=None,
            mean_net_pips=None,
            curve=[],
            tested=None,
        ),
    )
    return watched_of(report.model_dump(mode="json"))


def breaker(
    *, is_open: bool, by_hand: bool = False, troubles: tuple[TroubleReport, ...] = ()
) -> BreakerReport:
    return BreakerReport(
        open=is_open, by_hand=by_hand, hand_reason="news", hand_at=AT, troubles=list(troubles)
    )


def test_the_furthest_drifted_quantity_is_shown_and_none_before_its_window_says_anything() -> None:
    rows = [
        DriftRow(name="p_long", psi=0.3, outside=0.0),
        DriftRow(name="spread_pips", psi=None, outside=None),
        DriftRow(name="p_short", psi=0.1, outside=0.0),
    ]
    drifted = watch(breaker(is_open=False), DriftReport(events=9, minutes=9, rows=rows))
    assert (drifted.drift, drifted.drifted) == (0.3, "p_long")
    assert watch(breaker(is_open=False)).drift is None
    assert (drifted.day, drifted.signals, drifted.abstentions) == (date(2024, 3, 5), 12, 3)


def test_a_breaker_says_why_it_is_open() -> None:
    muted = TROUBLE.model_copy(update={"reason": "clock_skew", "muted": True})
    found = watch(breaker(is_open=True, troubles=(TROUBLE, muted)))
    assert (found.breaker_open, found.why_open) == (True, "feed_gap since 2024-03-05T12:00:00Z")
    assert watch(breaker(is_open=True, by_hand=True)).why_open == "by hand, news"


def test_days_are_those_of_gold_and_of_the_calendar() -> None:
    found = Coverage("EURUSD")
    for layer, days in (("raw", {8, 9, 12}), ("gold", {8, 9})):
        found.layers[layer] = {date(2024, 1, day) for day in days}
    found.refused = {date(2024, 1, 12): "raw: a header of another kind"}
    expected = Days(
        date(2024, 1, 9), 2, gaps=(date(2024, 1, 10), date(2024, 1, 11)), refused=(date(2024, 1, 12),)
    )
    assert days_of(found) == expected
    assert days_of(Coverage("EURUSD")) == Days(None, 0)


def test_a_champion_is_the_endpoints_word() -> None:
    served = ServedModel(
        digest="9f2c" * 16,
        symbol="SYNEUR",
        mode="live",
        as_of=date(2024, 3, 1),
        verdict="passed",
        dataset={},
        expires="2024-04-15T00:00:00+00:00",
        costs=instrument_of("SYNEUR").costs,
    )
    expires = datetime(2024, 4, 15, tzinfo=UTC)
    expected = Champion("9f2c" * 16, date(2024, 3, 1), expires=expires)
    assert champion_of(served.model_dump(mode="json")) == expected


def test_a_bridge_says_what_it_holds() -> None:
    position = PositionStatus(
        intent_id="a",
        side="long",
        volume=0.1,
        entry_price=1.08412,
        opened=AT,
        stop=None,
        target=None,
        profit=-3.5,
    )
    symbol = SymbolStatus(
        feed=FeedStatus(
            ticks=1, not_clean={}, last_tick=AT, bid=1.0, ask=1.1, linked=True, p50_ms=1.0, p99_ms=2.0
        ),
        signals=SignalStatus(signals=1, last_signal=AT, passed_over={}, bundle=None),
        positions=[position],
        orders={},
        halted=None,
    )
    status = Status(
        written=AT,
        market_time=AT,
        mode="demo",
        dry_run=False,
        account="7",
        state="killed",
        why="news",
        terminal_connected=True,
        terminal_ahead_seconds=0.0,
        endpoint_ahead_seconds=0.0,
        money=MoneyStatus(currency="EUR", balance="1", equity="1", margin="0", free_margin="1"),
        symbols={"EURUSD": symbol},
    )
    found = bridge_of("one", status, "", ())
    assert (found.name, found.mode, found.state, found.why, found.heard) == (
        "one",
        "demo",
        "killed",
        "news",
        AT,
    )
    assert found.symbols == {"EURUSD": Held(("long 0.10 at 1.08412, \u22123.50",), Decimal("-3.5"))}
    assert found.currency == "EUR"
    unread = bridge_of("one", status, "", None).symbols["EURUSD"]
    assert unread.money is None, "a journal that cannot be read says no money, and not a part of it"
    trading = status.model_copy(update={"state": "trading", "why": None})
    killed = bridge_of("one", trading, "by hand", ())
    assert (killed.state, killed.why) == ("killed", "by hand"), "its next status says so, too"
