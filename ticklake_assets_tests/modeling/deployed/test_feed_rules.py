from __future__ import annotations

import numpy as np
import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.schemas import names
from ticklake_assets.modeling.deployed.feed_rules import FEED_RULES, feed_anomalies, fit_feed_limits, placed
from ticklake_assets_tests.modeling.markets import market

NAMES = tuple(names(FEATURES))


def test_a_usual_market_seldom_breaks_a_rule() -> None:
    rows = market().events.features
    limits = fit_feed_limits(rows[:3000], NAMES)
    broken = [feed_anomalies(row, placed(limits, NAMES)) for row in rows[3000:]]
    assert np.mean([bool(each) for each in broken]) < 0.01


@pytest.mark.parametrize("rule", FEED_RULES, ids=lambda rule: rule.reason)
def test_each_rule_speaks_alone(rule: object) -> None:
    reason, feature, is_upper, _ = rule  # type: ignore[misc]
    rows = market().events.features
    limits = fit_feed_limits(rows, NAMES)
    row = np.median(rows, axis=0)
    assert feed_anomalies(row, placed(limits, NAMES)) == ()
    column = NAMES.index(feature)
    row[column] = rows[:, column].max() * 10 if is_upper else rows[:, column].min() / 10
    assert feed_anomalies(row, placed(limits, NAMES)) == (reason,)


def test_a_rule_without_its_feature_is_an_error() -> None:
    with pytest.raises(DataError, match="feed_stale has no feature"):
        fit_feed_limits(np.zeros((10, 1)), ("imbalance",))
