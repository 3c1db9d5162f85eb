from __future__ import annotations

import numpy as np
import pytest

from ticklake_assets.core.orders import LONG
from ticklake_assets.modeling.fitting.event_rows import of_days
from ticklake_assets.modeling.fitting.pattern import contributions, load_booster, predict
from ticklake_assets_tests.modeling.markets import market, run_fold


def test_contributions_add_up_to_the_log_odds_that_the_model_states() -> None:
    run = run_fold()
    booster = load_booster(run.trained.booster_json)
    rows = of_days(market().events, run.fold.test, "test").features[:50]
    logs = np.log(predict(booster, rows))
    centred = logs - logs.mean(axis=1, keepdims=True)
    told = contributions(booster, rows).sum(axis=2)
    offset = centred - told
    assert told.shape == (50, 3)
    np.testing.assert_allclose(offset, np.tile(offset[0], (50, 1)), atol=2e-5)


def test_a_trade_says_what_was_stated_and_what_weighed_most() -> None:
    run = run_fold()
    events = of_days(market().events, run.fold.test, "test")
    features, booster = run.bundle.manifest.features, load_booster(run.trained.booster_json)
    said = dict(zip(events.ts_us.tolist(), run.bundle.scorer().score_rows(events.features), strict=True))
    parts = dict(zip(events.ts_us.tolist(), contributions(booster, events.features), strict=True))
    rows = dict(zip(events.ts_us.tolist(), events.features, strict=True))
    for day in run.record.test.days:
        for trade, reason in zip(day.trades, day.reasons, strict=True):
            stated, at = said[trade.signal_us], trade.signal_us
            assert (reason.p_short, reason.p_neither, reason.p_long) == stated[:3]
            assert reason.anomaly == stated.anomaly <= run.bundle.thresholds.anomaly
            own = reason.p_long if trade.side == LONG else reason.p_short
            assert own == stated.confidence >= run.bundle.thresholds.act
            of_side = parts[at][2 if trade.side == LONG else 0]
            assert len(reason.weighed) == 3
            for each in reason.weighed:
                column = features.index(each.feature)
                assert each.value == rows[at][column]
                assert each.for_side == pytest.approx(of_side[column], abs=1e-4)
            sizes = [abs(each.for_side) for each in reason.weighed]
            assert sizes == sorted(sizes, reverse=True)
            assert sizes[0] == pytest.approx(np.abs(of_side).max(), abs=1e-4)
