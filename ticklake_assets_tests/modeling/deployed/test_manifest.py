from __future__ import annotations

from dataclasses import replace
from datetime import date

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.modeling.deployed.calibration import Calibration
from ticklake_assets.modeling.deployed.decision import Thresholds
from ticklake_assets.modeling.deployed.feed_rules import FeedLimit
from ticklake_assets.modeling.deployed.manifest import (
    CalibrationNumbers,
    DayRange,
    OrderRules,
    ThresholdNumbers,
)


def test_numbers_keep_their_bits_through_the_manifest() -> None:
    thresholds = Thresholds(0.1 + 0.2, 1 / 3, (FeedLimit("feed_stale", "gap", True, 2 / 7),))
    text = ThresholdNumbers.of(thresholds).canonical()
    assert ThresholdNumbers.model_validate_json(text).plain() == thresholds
    calibration = Calibration(1 / 3, -1 / 7, 1e-17)
    again = CalibrationNumbers.model_validate_json(CalibrationNumbers.of(calibration).canonical())
    assert again.plain() == calibration


def test_order_rules_differ_where_an_outcome_would() -> None:
    instrument = instrument_of("EURUSD")
    rules = OrderRules.of(instrument)
    for change in (
        {"latency_ms": (0,)},
        {"slippage_pips": 0.0},
        {"markup_pips": 1.0},
        {"swap_long_pips": 9.0},
    ):
        assert OrderRules.of(instrument.charging(**change)) != rules
    assert OrderRules.of(replace(instrument, stops_level_points=9)) != rules
    assert OrderRules.of(replace(instrument, min_open_ticks=1)) == rules


def test_a_range_has_both_ends_in_any_order() -> None:
    days = DayRange.of([date(2024, 1, 3), date(2024, 1, 1), date(2024, 1, 2)])
    assert (days.first, days.last) == (date(2024, 1, 1), date(2024, 1, 3))
