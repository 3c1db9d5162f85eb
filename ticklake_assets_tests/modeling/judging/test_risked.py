"""A test with limits of risk beside it."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

from mt5_bridge.risk.limits import Limits
from ticklake_assets.modeling.fitting.event_rows import of_days
from ticklake_assets.modeling.judging.risked import RiskedTest
from ticklake_assets.modeling.judging.testing import BundleTest, run_test
from ticklake_assets.modeling.trading.risked import RiskPlan
from ticklake_assets_tests.modeling.markets import market, run_fold

WIDE: dict[str, Any] = {
    "trade": {"risk_percent": Decimal("0.5"), "spread_pips": "unlimited", "max_lots": 1},
    "exposure": dict.fromkeys(
        ("symbol_times", "total_times", "currency_times", "margin_percent", "open_risk_percent"), "unlimited"
    ),
    "day": {"loss_percent": "unlimited", "trades": "unlimited", "clock": "utc"},
    "drawdown": {"percent": "unlimited"},
    "streak": {"losses": "unlimited"},
    "slippage": {"pips": "unlimited"},
    "weekend": "unlimited",
    "rollover": "unlimited",
}


@lru_cache(maxsize=4)
def risked(trades: int | None) -> BundleTest:
    """The fold's test on an account of 100,000, where a day has at most so many trades."""
    table = {**WIDE, "day": {**WIDE["day"], "trades": trades or "unlimited"}}
    plan = RiskPlan(Limits.model_validate(table), Decimal(100_000), "USD", Decimal("1.1"), "a test")
    run, (_, events, quotes, _) = run_fold(), market()
    rows = of_days(events, run.fold.test, "test")
    return run_test(run.bundle, rows, quotes.__getitem__, run.trained.booster_json, risk=plan)


def risk_of(test: BundleTest) -> RiskedTest:
    assert test.risk is not None
    return test.risk


def test_a_test_without_limits_is_the_same_to_the_byte() -> None:
    plain = run_fold().record.test
    assert b'"risk":' not in plain.canonical()
    assert risked(5).model_copy(update={"risk": None}).canonical() == plain.canonical()
    assert BundleTest.model_validate_json(risked(5).canonical()) == risked(5)


def test_limits_that_hold_nothing_back_give_the_tests_own_trades() -> None:
    for day, under in zip(risked(None).days, risk_of(risked(None)).days, strict=True):
        assert under.trades == day.trades
        assert (under.position_open, under.no_entry) == (day.position_open, day.no_entry)
        assert under.refused == ()
        assert {each.volume for each in under.sized} == {Decimal(1)}


def test_every_signal_is_accounted_for_and_refused_in_a_sentence() -> None:
    test = risked(5)
    for day, under in zip(test.days, risk_of(test).days, strict=True):
        assert day.signals == len(under.trades) + len(under.refused) + under.position_open + under.no_entry
        assert len(under.trades) == 5
        assert {each.reason for each in under.refused} == {"trades_a_day"}
        assert under.refused[0].detail == "5 positions were entered today. Expected at most 5"
    assert risk_of(test).refusals == {"trades_a_day": sum(len(day.refused) for day in risk_of(test).days)}


def test_money_is_to_the_cent_and_goes_on_from_day_to_day() -> None:
    risk, balance = risk_of(risked(5)), Decimal(100_000)
    for day in risk.days:
        for trade, sized in zip(day.trades, day.sized, strict=True):
            by_hand = Decimal(repr(trade.net)) * sized.volume * 100_000 * Decimal("1.1")
            assert sized.net == round(by_hand, 2)
        assert day.net == sum(each.net for each in day.sized)
        balance += day.net
        assert day.balance == balance
    assert risk.net == balance - 100_000
    assert risk.limits == Limits.model_validate({**WIDE, "day": {**WIDE["day"], "trades": 5}}).digest
