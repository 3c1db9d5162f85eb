"""What is true of clean quotes."""

from ticklake_assets.core.schemas import CLEAN, names
from ticklake_assets.resources.expectations import Expectation

SUITE = (
    Expectation(
        "columns_are_the_schema", "ExpectTableColumnsToMatchOrderedList", {"column_list": names(CLEAN)}
    ),
    Expectation("timestamps_do_not_decrease", "ExpectColumnValuesToBeIncreasing", {"column": "ts_event"}),
    Expectation("source_rows_are_unique", "ExpectColumnValuesToBeUnique", {"column": "source_row"}),
    Expectation(
        "quotes_are_not_crossed",
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {"column_A": "ask", "column_B": "bid", "or_equal": True},
    ),
    Expectation(
        "prices_are_positive",
        "ExpectColumnValuesToBeBetween",
        {"column": "bid", "min_value": 0, "strict_min": True},
    ),
    Expectation(
        "gaps_are_not_negative", "ExpectColumnValuesToBeBetween", {"column": "gap_us", "min_value": 0}
    ),
)

MOST_QUARANTINED = 0.2
"""Above this share of rows the file is not dirty but wrong: the day is refused, its old content stays."""
