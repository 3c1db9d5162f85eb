"""What a source of ticks is: the one protocol that landing knows."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import numpy as np
import pyarrow as pa

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.schemas import TICKS
from ticklake_assets.core.symbol_day import SymbolDay

_ARROW = {"timestamp_us": pa.timestamp("us", "UTC"), "float64": pa.float64()}

TICK_SCHEMA = pa.schema([(column.name, _ARROW[column.type]) for column in TICKS if column.type in _ARROW])
"""`core.schemas.TICKS` without `source_row`: what `fetch_day` returns. Sizes are millions of base units."""


_NOTES = b"ticklake.notes"


def noted(table: pa.Table, notes: list[str]) -> pa.Table:
    """The same rows, with sentences about what is odd about them."""
    return table.replace_schema_metadata({_NOTES: json.dumps(notes)} if notes else None)


def notes_in(table: pa.Table) -> list[str]:
    """What `noted` says of a table."""
    return list(json.loads((table.schema.metadata or {}).get(_NOTES, b"[]")))


class TickSource(Protocol):
    """Where ticks come from, a symbol-day at a time."""

    def fetch_day(self, day: SymbolDay) -> pa.Table:
        """Return the day's rows in the source's order, typed as `TICK_SCHEMA`.

        A closed day is an empty table; `notes_in` says what the source found odd and did not refuse. Raises
        MissingDataError for a day that is not finished and naming the day or hour that must be there and is not,
        SourceError for content that cannot be read as ticks.
        """
        ...

    def coverage(self, symbol: str) -> tuple[date, date] | None:
        """First and last day the source has; None when it cannot say (a vendor) or has every day."""
        ...


def refuse_unfinished(day: SymbolDay, now: datetime, settled_after: timedelta = timedelta(0)) -> None:
    """Raise MissingDataError for a day that may still get ticks: it has not ended at least so long ago."""
    today = (now - settled_after).astimezone(UTC).date()
    if day.trading_day >= today:
        at = now.isoformat(timespec="seconds")
        raise MissingDataError(
            f"{day} is not finished. Expected a day before {today} at {at}, was {day.trading_day}"
        )


def empty_day() -> pa.Table:
    """A closed day: zero rows, the right columns."""
    return TICK_SCHEMA.empty_table()


def repeats_in(quotes: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each row has the prices and sizes of the row before; missing equals missing."""
    same = np.ones(quotes.num_rows, dtype=np.bool_)
    same[:1] = False
    for name in TICK_SCHEMA.names[1:]:
        values = quotes[name].to_numpy()  # a missing one is NaN
        is_missing = np.isnan(values)
        same[1:] &= (values[1:] == values[:-1]) | (is_missing[1:] & is_missing[:-1])
    return same
