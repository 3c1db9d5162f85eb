"""A gold table day by day: what is planned once is read a day at a time, so memory holds a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.table import DataScan, FileScanTask, Table

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.schemas import names
from ticklake_assets.storage.gold.commit_rows import range_filter, with_nulls
from ticklake_assets.storage.gold.schema import iceberg_schema, require_types
from ticklake_assets.storage.gold.tables import GoldTables, columns_at

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class DayScan:
    """Days of a symbol in a gold table as of one snapshot; its files are known, none is read."""

    gold: GoldTables
    name: str
    columns: tuple[str, ...]
    snapshot_id: int
    scan: DataScan
    files: dict[date, list[FileScanTask]]

    @classmethod
    def planned(
        cls,
        gold: GoldTables,
        table: Table,
        symbol: str,
        first: date,
        last: date,
        snapshot_id: int,
        columns: Sequence[str] | None = None,
    ) -> DayScan:
        """Plan the days from `first` to `last` of a table as it was loaded; a snapshot has the columns that it had.

        Raises:
            DataError: a column that the table does not have then, or has in another type than the code.
            MissingDataError: no such snapshot.
        """
        name, current = table.name()[-1], table.current_snapshot()
        require_types(table, gold.columns_of(name))
        held = columns_at(table, snapshot_id)
        is_now = current is not None and current.snapshot_id == snapshot_id
        offered = [column for column in names(gold.columns_of(name)) if is_now or column in held]
        if unknown := [column for column in columns or () if column not in offered]:
            raise DataError(f"Column {unknown[0]!r} of gold.{name}. Expected some of {', '.join(offered)}")
        wanted = tuple(columns or offered)
        read = dict.fromkeys([*wanted, "trading_day", gold.time_of(name)])
        files: dict[date, list[FileScanTask]] = defaultdict(list)
        with gold.explained_errors():
            scan = table.scan(
                range_filter(symbol, first, last),
                tuple(column for column in read if column in held),
                snapshot_id=snapshot_id,
            )
            for task in scan.plan_files():
                files[date.fromordinal(_EPOCH + task.file.partition[1])].append(task)
        return cls(gold, name, wanted, snapshot_id, scan, dict(sorted(files.items())))

    def tables(self) -> Iterator[pa.Table]:
        """The rows of each day in time order, day after day."""
        shape, time = iceberg_schema(self.gold.columns_of(self.name)), self.gold.time_of(self.name)
        for tasks in self.files.values():
            with self.gold.explained_errors():
                reading = ArrowScan(
                    self.scan.table_metadata, self.scan.io, self.scan.projection(), self.scan.row_filter
                )
                rows = reading.to_table(tasks).sort_by(time)
            yield with_nulls(rows, shape, self.columns).select(self.columns)
