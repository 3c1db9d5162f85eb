"""What is true of gold, beside what the kernels' own tests prove."""

from ticklake_assets.core.features import BUILT_IN
from ticklake_assets.core.schemas import CONTEXT
from ticklake_assets.resources.expectations import Expectation

_INCREASING = "ExpectColumnValuesToBeIncreasing"

BARS_SUITE = (
    Expectation(
        "bars_increase_in_time",
        "Every bar ends later than the one before it.",
        _INCREASING,
        {"column": "bar_end", "strictly": True},
    ),
    Expectation(
        "bars_have_ticks",
        "Every bar holds at least one quote.",
        "ExpectColumnValuesToBeBetween",
        {"column": "tick_count", "min_value": 1},
    ),
    Expectation(
        "highs_are_not_below_lows",
        "The highest bid of a bar is not below its lowest.",
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {"column_A": "bid_high", "column_B": "bid_low", "or_equal": True},
    ),
)

FEATURES_SUITE = (
    Expectation(
        "events_increase_in_time",
        "Every event is later than the one before it.",
        _INCREASING,
        {"column": "ts_event", "strictly": True},
    ),
    *(
        Expectation(
            f"{column.name}_is_never_missing",
            f"Every event has a value of `{column.name}`.",
            "ExpectColumnValuesToNotBeNull",
            {"column": column.name},
        )
        for column in (*CONTEXT, BUILT_IN[0], BUILT_IN[-1])
    ),
)

LABELS_SUITE = (
    Expectation(
        "labels_increase_in_time",
        "Every label's event is later than the one before it.",
        _INCREASING,
        {"column": "ts_event", "strictly": True},
    ),
    Expectation(
        "outcomes_are_classes",
        "Every outcome is 0, 1 or 2.",
        "ExpectColumnValuesToBeInSet",
        {"column": "outcome", "value_set": [0, 1, 2]},
    ),
    Expectation(
        "labels_are_not_known_before_the_event",
        "No label is known before its event.",
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {"column_A": "known_at", "column_B": "ts_event", "or_equal": True},
    ),
    Expectation(
        "widths_are_positive",
        "The distance of the barriers from the price is above 0.",
        "ExpectColumnValuesToBeBetween",
        {"column": "width", "min_value": 0, "strict_min": True},
    ),
)
