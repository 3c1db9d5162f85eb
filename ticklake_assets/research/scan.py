"""Rows that a look at the lake found: all at once as a table or a frame, or batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ticklake_assets.core.errors import SetupError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

BATCH_ROWS = 65_536


@dataclass(frozen=True)
class Scan:
    """What was found, not yet read: it may be read as often as asked, and gives the same rows each time.

    `days` hold rows, or a file without any; `missing` are days of the range on which the instrument's calendar has
    a session and the lake has nothing. `snapshot` is the one of Iceberg that is read; None where there are none.

    Whatever takes Arrow's stream protocol takes a scan itself: `duckdb.from_arrow`, `polars.from_arrow`,
    `pyarrow.table`.
    """

    schema: pa.Schema
    tables: Callable[[], Iterator[pa.Table]]
    """Starts anew from the first row; gives a day, or less, at a time."""
    days: tuple[date, ...]
    missing: tuple[date, ...] = ()
    snapshot: int | None = None

    def __repr__(self) -> str:
        span = f", {self.days[0]} to {self.days[-1]}" if self.days else ""
        return f"<Scan of {len(self.days)} days{span}: {', '.join(self.schema.names)}>"

    def batches(self, rows: int = BATCH_ROWS) -> pa.RecordBatchReader:
        """Batches of at most so many rows, in order: memory holds a day, however many days there are."""
        cut = (batch for table in self.tables() for batch in table.to_batches(max_chunksize=rows))
        return pa.RecordBatchReader.from_batches(self.schema, cut)

    def to_arrow(self) -> pa.Table:
        """All rows as one table."""
        return self.batches().read_all()

    def to_polars(self) -> pl.DataFrame:
        """All rows as a frame of Polars.

        Raises:
            SetupError: Polars is not installed.
        """
        with _of_extra("polars", "to_polars"):
            import polars as pl

            frame = pl.from_arrow(self.to_arrow())
        assert isinstance(frame, pl.DataFrame)
        return frame

    def to_pandas(self) -> pd.DataFrame:
        """All rows as a frame of pandas.

        Raises:
            SetupError: pandas is not installed.
        """
        with _of_extra("pandas", "to_pandas"):
            import pandas  # noqa: F401 - Arrow's own error would not say which extra brings it

        return self.to_arrow().to_pandas()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.batches().__arrow_c_stream__(requested_schema)


@contextmanager
def _of_extra(library: str, method: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise SetupError(
            f"{method} needs the library {library}. Expected the extra `research`, was without: "
            "pip install 'ticklake[research]'"
        ) from error
