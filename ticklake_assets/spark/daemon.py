"""The daemon that Spark forks its Python workers from, with the rules already in it.

Spark ends a worker that was idle for a minute, and a new one would import numba and pyarrow and load the kernel again,
each for itself: seconds before its first row.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas  # noqa: F401 - PySpark's serializers want it
import pyarrow.parquet  # noqa: F401
from pyspark.daemon import manager

from ticklake_assets.core.cleaning import RawColumns, judge_day
from ticklake_assets.core.symbol_day import SymbolDay

if __name__ == "__main__":
    nothing = np.empty(0)
    rows = RawColumns(np.empty(0, np.int64), nothing, nothing, nothing, nothing, np.empty(0, np.uint8))
    judge_day(SymbolDay("NONE", date(1970, 1, 1)), rows)
    manager()  # type: ignore[no-untyped-call]
