"""What is true of typed ticks whatever the vendor sent: dirt is the next layer's business.

The suite looks at the day in numbers, one row that Arrow counts in a pass: Great Expectations over the rows
themselves took as long as everything else from CSV to Parquet (bench/ingest.py).
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from ticklake_assets.core.schemas import TICKS, names
from ticklake_assets.defs.checks import Watch
from ticklake_assets.resources.expectations import Expectation

SUITE = (
    Expectation(
        "columns_are_the_schema",
        "The columns are those of the tick schema, in its order.",
        "ExpectColumnValuesToBeInSet",
        {"column": "columns", "value_set": [", ".join(names(TICKS))]},
    ),
    Expectation(
        "every_line_is_a_row",
        "There are as many rows as the sealed CSV has lines.",
        "ExpectColumnPairValuesToBeEqual",
        {"column_A": "rows", "column_B": "lines"},
    ),
    Expectation(
        "source_rows_are_the_lines",
        "Each row names its line of the CSV: 1, 2, 3 and so on.",
        "ExpectColumnPairValuesToBeEqual",
        {"column_A": "numbered_rows", "column_B": "lines"},
    ),
    Expectation(
        "most_rows_have_a_time",
        "At least half of the rows have a time: a file with fewer has another format.",
        "ExpectColumnValuesToBeBetween",
        {"column": "share_with_time", "min_value": 0.5},
    ),
)

IN_SESSION = Watch(
    "quotes_are_in_the_session",
    "No quote lies outside the session of the instrument's calendar, as they do where a file was read in a wrong "
    "time zone. A warning: real venues quote for some minutes before they open.",
)


def in_numbers(table: pa.Table, lines: int) -> pd.DataFrame:
    """The one row that `SUITE` tests: typed ticks, and the lines of the CSV that they come from.

    `share_with_time` is null for a day without rows.
    """
    rows = table.num_rows
    numbered = np.count_nonzero(table["source_row"].to_numpy() == np.arange(1, rows + 1))
    return pd.DataFrame(
        {
            "columns": [", ".join(table.column_names)],
            "rows": [rows],
            "lines": [lines],
            "numbered_rows": [numbered],
            "share_with_time": [1 - table["ts_event"].null_count / rows if rows else None],
        }
    )
