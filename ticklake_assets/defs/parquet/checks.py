"""What is true of typed ticks whatever the vendor sent: dirt is the next layer's business."""

from ticklake_assets.core.schemas import TICKS, names
from ticklake_assets.resources.expectations import Expectation

SUITE = (
    Expectation(
        "columns_are_the_schema",
        "The columns are those of the tick schema, in its order.",
        "ExpectTableColumnsToMatchOrderedList",
        {"column_list": names(TICKS)},
    ),
    Expectation(
        "source_rows_are_unique",
        "No row of the CSV occurs twice.",
        "ExpectColumnValuesToBeUnique",
        {"column": "source_row"},
    ),
    Expectation(
        "source_rows_count_from_one",
        "Rows of the CSV are numbered from 1.",
        "ExpectColumnValuesToBeBetween",
        {"column": "source_row", "min_value": 1},
    ),
    Expectation(
        "most_rows_have_a_time",
        "At least half of the rows have a time: a file with fewer has another format.",
        "ExpectColumnValuesToNotBeNull",
        {"column": "ts_event", "mostly": 0.5},
    ),
)
