from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.modeling.fitting.event_rows import of_days, take
from ticklake_assets.modeling.judging.testing import BundleTest, acted_risk, run_test
from ticklake_assets_tests.modeling.markets import market, run_fold


def outcome() -> BundleTest:
    return run_fold().record.test


def test_the_bundle_decides_and_every_signal_is_accounted_for() -> None:
    for day in outcome().days:
        assert day.signals == len(day.trades) + day.position_open + day.no_entry
        assert day.signals + day.out_of_distribution <= day.events + day.feed_anomalies + day.signals
        assert day.is_open
        assert 0 < day.exposure < 1
    assert outcome().trades == sum(len(day.trades) for day in outcome().days)
    assert [day.day for day in outcome().days] == list(run_fold().fold.test)
    assert outcome().bundle == run_fold().bundle.digest


def test_it_acts_exactly_where_the_confidence_reaches_the_threshold() -> None:
    run = run_fold()
    events = of_days(market().events, run.fold.test, "test")
    predictions, thresholds = run.bundle.scorer().score_rows(events.features), run.bundle.thresholds
    acting = {
        int(ts_us): each.side
        for ts_us, each in zip(events.ts_us, predictions, strict=True)
        if each.confidence >= thresholds.act and each.anomaly <= thresholds.anomaly and not each.feed
    }
    assert sum(day.signals for day in outcome().days) == len(acting)
    for trade in (trade for day in outcome().days for trade in day.trades):
        assert acting[trade.signal_us] == trade.side


def test_what_live_signals_are_compared_with_is_that_of_the_test() -> None:
    test, risk = outcome(), acted_risk(outcome())
    nets = [trade.net for day in test.days for trade in day.trades]
    assert risk.trades == len(nets) == test.trades
    assert risk.hit_rate == np.mean(np.array(nets) > 0)
    assert risk.mean_net_pips == pytest.approx(np.mean(nets) / market().instrument.pip)
    assert risk.acted == sum(day.signals for day in test.days) / sum(day.events for day in test.days)
    assert [(point.coverage, point.net_pips) for point in risk.curve] == [
        (point.coverage, point.net_pips) for point in test.abstaining.curve
    ]


def test_money_adds_up() -> None:
    pip = market().instrument.pip
    for day in outcome().days:
        assert day.net_pips == pytest.approx(sum(trade.net for trade in day.trades) / pip)
        # Slippage is 0.1 pip a fill: 0.2 a trade, and as much again at twice the slippage.
        assert day.slippage_cost_pips == pytest.approx(0.2 * len(day.trades))
        assert day.net_pips - day.net_pips_double_slippage == pytest.approx(0.2 * len(day.trades))
        assert day.spread_cost_pips > 0.4 * len(day.trades) * 0.99
    assert outcome().drawdown_pips > 0


def test_a_test_is_held_against_no_skill_by_itself() -> None:
    found = {each.name: each for each in outcome().benchmarks}
    assert found["random events, same sides"].at_least_as_well == 1 / 2_001
    assert found["long at every event"].net_pips == sum(day.benchmarks.always_long for day in outcome().days)
    assert found["no trade"].net_pips == 0


def test_the_same_bundle_gives_the_same_test_and_json_keeps_it() -> None:
    run, (_, events, quotes, _) = run_fold(), market()
    again = run_test(
        run.bundle, of_days(events, run.fold.test, "test"), quotes.__getitem__, run.trained.booster_json
    )
    assert again == outcome()
    assert BundleTest.model_validate_json(again.canonical()) == again


def test_an_onnx_file_that_is_not_the_booster_is_noticed() -> None:
    run, other, (_, events, quotes, _) = run_fold(), run_fold(strength=0.0), market()
    with pytest.raises(DataError, match="ONNX file and booster differ"):
        run_test(
            run.bundle, of_days(events, run.fold.test, "t"), quotes.__getitem__, other.trained.booster_json
        )


def test_a_market_unlike_the_trained_one_loses_coverage() -> None:
    run, (_, events, quotes, _) = run_fold(), market()
    test = of_days(events, run.fold.test, "test")
    strange = test._replace(features=np.random.default_rng(1).permuted(test.features, axis=0))
    shuffled = run_test(run.bundle, strange, quotes.__getitem__, run.trained.booster_json)
    assert shuffled.coverage < 0.3 < 0.9 < outcome().coverage


def test_a_day_of_few_quotes_is_no_evidence() -> None:
    run, (known, events, quotes, _) = run_fold(), market()
    picky = replace(run.bundle, instrument=replace(known, min_open_ticks=29_998))
    test = run_test(picky, of_days(events, run.fold.test, "t"), quotes.__getitem__, run.trained.booster_json)
    assert [day.is_open for day in test.days] == [day.ticks >= 29_998 for day in test.days]
    assert test.net_pips == outcome().net_pips


def test_a_window_of_closed_days_is_missing_data_and_names_them() -> None:
    run, (_, events, quotes, _) = run_fold(), market()
    none = take(events, np.zeros(len(events.ts_us), dtype=np.bool_))
    expected = f"from {run.fold.test[0]} to {run.fold.test[-1]}, was none"
    with pytest.raises(MissingDataError, match=expected):
        run_test(run.bundle, none, quotes.__getitem__, run.trained.booster_json)
