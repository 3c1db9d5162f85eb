"""Gold's tables as scans: as they are, or as they were at a snapshot or a moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
from pyiceberg.table import Table

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.schemas import BARS, PARTITION
from ticklake_assets.research.asked import Asked, Moment, parse_moment
from ticklake_assets.research.scan import Scan
from ticklake_assets.storage.gold.day_scans import DayScan
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets.storage.partitions.arrow_types import arrow_schema

AsOf = int | Moment
"""A snapshot's number, or the moment at which it was the table's newest."""
_EPOCH, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


def gold_scan(
    gold: GoldTables, name: str, asked: Asked, as_of: AsOf | None, columns: Sequence[str] | None
) -> Scan:
    """Rows of days in time order, typed as `core.schemas` says.

    Raises:
        MissingDataError: no such table, snapshot or day.
        DataError: a column that the table has not.
    """
    found = _planned(gold, name, asked, as_of, columns)
    by_name = {column.name: column for column in gold.columns_of(name)}
    schema = arrow_schema(tuple(by_name[column] for column in found.columns))

    def tables() -> Iterator[pa.Table]:
        for rows in found.tables():
            yield rows.cast(schema)

    return Scan(schema, tables, tuple(found.files), asked.missing(found.files), found.snapshot_id)


def wide_bars(gold: GoldTables, asked: Asked, minutes: int, as_of: AsOf | None) -> Scan:
    """Bars of so many minutes: the library's query `bars`, asked by DuckDB whatever TICKLAKE_SQL_URL says.

    DuckDB spills what memory doesn't hold.
    """
    # Other scans need no DuckDB.
    from ticklake_assets.storage.sql.duckdb import DuckDbEngine
    from ticklake_assets.storage.sql.library import SqlFile

    found, query = _planned(gold, "bars", asked, as_of, None), SqlFile.find("bars")
    schema = arrow_schema(BARS[len(PARTITION) :])
    values = {
        "symbol": asked.symbol,
        "minutes": str(minutes),
        "first": str(asked.first),
        "last": str(asked.last),
    }

    def tables() -> Iterator[pa.Table]:
        with DuckDbEngine(gold).batches(query.statement, values, {"bars": found.snapshot_id}) as reader:
            for batch in reader:
                yield pa.Table.from_batches([batch]).cast(schema)

    return Scan(schema, tables, tuple(found.files), asked.missing(found.files), found.snapshot_id)


def _planned(
    gold: GoldTables, name: str, asked: Asked, as_of: AsOf | None, columns: Sequence[str] | None
) -> DayScan:
    table = gold.existing(name)
    number = snapshot_at(table, as_of)
    found = DayScan.planned(gold, table, asked.symbol, asked.first, asked.last, number, columns)
    if not found.files:
        whole = DayScan.planned(gold, table, asked.symbol, date.min, date.max, number)
        asked.expect_some(f"gold.{name}", found.files, whole.files)
    return found


def snapshot_at(table: Table, as_of: AsOf | None) -> int:
    """Number of the snapshot: the newest, the one that is named, or the newest of a moment.

    Raises:
        MissingDataError: there is none; it says which there are.
    """
    name = ".".join(table.name())
    newest = table.current_snapshot()
    if newest is None:
        raise MissingDataError(f"{name} has no snapshot. Expected one, was none: bring days to gold first")
    if as_of is None:
        return newest.snapshot_id
    if isinstance(as_of, int):
        found = table.snapshot_by_id(as_of)
    else:
        moment = parse_moment(as_of)
        found = table.snapshot_as_of_timestamp((moment - _EPOCH) // _MS)
    if found is None:
        kept = sorted(table.snapshots(), key=lambda each: each.timestamp_ms)
        oldest = kept[0]
        raise MissingDataError(
            f"{name} as of {as_of}. Expected a snapshot that is kept, was none: there are {len(kept)}, from "
            f"{oldest.snapshot_id} of {_EPOCH + oldest.timestamp_ms * _MS:%Y-%m-%dT%H:%M:%SZ} to "
            f"{newest.snapshot_id} of {_EPOCH + newest.timestamp_ms * _MS:%Y-%m-%dT%H:%M:%SZ}"
        )
    return found.snapshot_id
