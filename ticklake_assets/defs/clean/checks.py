"""What is true of clean quotes."""

from ticklake_assets.core.schemas import CLEAN, names
from ticklake_assets.resources.expectations import Expectation

SUITE = (
    Expectation(
        "columns_are_the_schema",
        "The columns are those of the clean schema, in its order.",
        "ExpectTableColumnsToMatchOrderedList",
        {"column_list": names(CLEAN)},
    ),
    Expectation(
        "timestamps_do_not_decrease",
        "No quote is earlier than the one before it.",
        "ExpectColumnValuesToBeIncreasing",
        {"column": "ts_event"},
    ),
    Expectation(
        "source_rows_are_unique",
        "No row of the CSV occurs twice.",
        "ExpectColumnValuesToBeUnique",
        {"column": "source_row"},
    ),
    Expectation(
        "quotes_are_not_crossed",
        "The ask is never below the bid.",
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {"column_A": "ask", "column_B": "bid", "or_equal": True},
    ),
    Expectation(
        "prices_are_positive",
        "Every bid is above 0, and so is every ask, which is not below it.",
        "ExpectColumnValuesToBeBetween",
        {"column": "bid", "min_value": 0, "strict_min": True},
    ),
    Expectation(
        "gaps_are_not_negative",
        "The time since the quote before, in microseconds, is at least 0.",
        "ExpectColumnValuesToBeBetween",
        {"column": "gap_us", "min_value": 0},
    ),
)

MOST_QUARANTINED = 0.2
"""Above this share of rows the file is not dirty but wrong: the day is refused, its old content stays."""
