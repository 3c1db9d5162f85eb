"""Gold in Iceberg: one atomic commit replaces exactly the symbol-days it names."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from itertools import chain, repeat
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import AlwaysFalse
from pyiceberg.table import Table
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.schemas import Column, names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.database_errors import explained_database_errors
from ticklake_assets.storage.gold.commit import swap_files, until_no_conflict, write_files
from ticklake_assets.storage.gold.commit_rows import days_filter, rows_to_commit, with_nulls
from ticklake_assets.storage.gold.errors import (
    explained_warehouse_errors,
    require_bucket,
    require_usable,
)
from ticklake_assets.storage.gold.schema import (
    GOLD,
    NAMESPACE,
    GoldTable,
    add_columns,
    iceberg_schema,
    missing_columns,
    partition_spec,
    require_types,
    sort_order,
    table_properties,
    unknown_columns,
)

_WHAT = "Iceberg catalog", "TICKLAKE_CATALOG_URI"
_WAITS = {"sqlite": {"timeout": "60"}, "postgresql": {"connect_timeout": "10"}}
"""Seconds: SQLite's writers wait for each other; Postgres answers soon or not at all."""


def open_catalog(name: str, uri: str, warehouse_url: str, s3: Mapping[str, str] | None = None) -> SqlCatalog:
    """Open the SQL catalog, creating its tables on first use; close it when done.

    `name` is part of the catalog's rows: PyIceberg, Trino and Spark must use the same. `s3` holds
    PyIceberg's `s3.*` properties.

    Raises:
        SetupError: no such database, wrong credentials, an old schema version, another catalog's warehouse.
        TransientError: the database does not answer.
    """
    with explained_database_errors(*_WHAT, uri):
        url = make_url(uri)
        waits = _WAITS.get(url.get_backend_name(), {})
        url = url.update_query_dict({name: text for name, text in waits.items() if name not in url.query})
    # What it warns of, catalog tables of version V0, is an error here that says what to do.
    logging.getLogger("pyiceberg.catalog.sql").setLevel(logging.ERROR)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    properties = {
        "uri": url.render_as_string(hide_password=False),
        "warehouse": _warehouse(warehouse_url),
        "pool_pre_ping": "true",
        **(s3 or {}),
    }
    with explained_database_errors(*_WHAT, uri):
        try:
            catalog = SqlCatalog(name, **properties)
        except DBAPIError as error:
            if "already exists" not in str(error.orig):
                raise
            # Another process created the catalog's tables between our look and our create.
            catalog = SqlCatalog(name, **properties)
        require_usable(catalog, properties["warehouse"])
    return catalog


def open_gold(
    name: str, uri: str, warehouse_url: str, s3_endpoint: str = "", s3_region: str = "us-east-1"
) -> GoldTables:
    """Open the gold tables of a catalog; an S3 endpoint is that of a server that is not AWS."""
    s3 = {"s3.region": s3_region}
    if s3_endpoint:
        s3["s3.endpoint"] = s3_endpoint
    return GoldTables(open_catalog(name, uri, warehouse_url, s3))


class GoldTables:
    """The tables `bars`, `features`, `labels`: created on first use, grown when rows with a new column are written.

    Reading changes nothing, and a column that this code does not know is left alone: code with and without a
    column can share a lake.
    """

    def __init__(self, catalog: SqlCatalog, tables: Mapping[str, GoldTable] = GOLD) -> None:
        self.catalog = catalog
        self._tables = tables
        self._ready: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the catalog's connections back."""
        self.catalog.close()

    @contextmanager
    def explained_errors(self) -> Iterator[None]:
        """Say in one line what is wrong with the catalog or the warehouse while one works on them."""
        properties = self.catalog.properties
        with (
            explained_database_errors(*_WHAT, properties["uri"]),
            explained_warehouse_errors(properties["warehouse"]),
        ):
            yield

    def table(self, name: str) -> Table:
        """The table as the catalog has it now.

        Raises:
            DataError: a column of the table has another type than the code's.
            SetupError: the warehouse's credentials, bucket or files are not as configured.
            TransientError: the warehouse or the catalog does not answer.
        """
        with self.explained_errors():
            if name not in self._ready:
                require_bucket(self.catalog)
                self._prepare(name)
                self._ready.add(name)
            return self.catalog.load_table((NAMESPACE, name))

    def existing(self, name: str) -> Table:
        """The table as it is: looking neither makes it nor adds columns.

        Raises:
            MissingDataError: nothing was ever committed to it.
        """
        try:
            with self.explained_errors():
                return self.catalog.load_table((NAMESPACE, name))
        except NoSuchTableError as error:
            raise MissingDataError(
                f"Expected a table gold.{name}, was none: bring days to gold with `ticklake backfill`"
            ) from error

    def columns_of(self, name: str) -> tuple[Column, ...]:
        """The columns that the code makes."""
        return self._tables[name].columns

    def time_of(self, name: str) -> str:
        """The column by which a day's rows are sorted."""
        return self._tables[name].time

    def replace(
        self, name: str, days: Sequence[SymbolDay], data: pa.Table, properties: Mapping[str, str]
    ) -> int:
        """Replace exactly these symbol-days by `data` in one commit and return its snapshot id.

        A day without rows in `data` ends up empty. `properties` go into the snapshot's summary (run,
        partitions, kernel version). Writers of other days never get in each other's way; of two writers of
        one day the later commit wins whole. The table gains the code's columns that it lacks; those that it
        has from other code are null in these rows.

        Raises:
            DataError: rows outside `days`, or columns or types that are not the code's.
            SetupError: the disk refuses the files; nothing is committed.
        """
        target = self._grown(name)
        unknown = unknown_columns(target, self._tables[name].columns)
        rows = rows_to_commit(target, self.time_of(name), days, with_nulls(data, target.schema(), unknown))
        written = write_files(target, rows)
        summary = {f"ticklake.{key}": value for key, value in properties.items()}
        attempts = chain([target], repeat(None))  # later ones look at the table anew
        with self.explained_errors():
            return until_no_conflict(
                lambda: swap_files(next(attempts) or self.table(name), days_filter(days), written, summary),
                f"replace {len(days)} days of gold.{name}",
            )

    def scan(
        self,
        name: str,
        symbol: str,
        days: Sequence[date],
        snapshot_id: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> pa.Table:
        """Rows of these days sorted by day and time, now or at a snapshot; absent days have none.

        Columns come in the order asked for, else in the code's order; of an old snapshot those it had. Now, one
        that was never written is null.
        """
        table, shape, time = self.table(name), self._tables[name].columns, self.time_of(name)
        known, lacking = names(shape), names(missing_columns(table, shape))
        if snapshot_id is not None:
            held = columns_at(table, snapshot_id)
            known, lacking = [column for column in known if column in held], []
        wanted = list(columns or known)
        read = [column for column in dict.fromkeys([*wanted, "trading_day", time]) if column not in lacking]
        keyed = days_filter([SymbolDay(symbol, day) for day in days]) if days else AlwaysFalse()
        rows = table.scan(keyed, tuple(read), snapshot_id=snapshot_id).to_arrow()
        rows = rows.sort_by([("trading_day", "ascending"), (time, "ascending")])
        return with_nulls(rows, iceberg_schema(shape), wanted).select(wanted)

    def row_counts(
        self, name: str, days: Sequence[SymbolDay], snapshot_id: int | None = None
    ) -> dict[SymbolDay, int]:
        """Rows of each of these days, from the manifests alone."""
        counts = dict.fromkeys(days, 0)
        if not days:
            return counts
        table = self.table(name)
        epoch = date(1970, 1, 1).toordinal()
        for task in table.scan(days_filter(days), snapshot_id=snapshot_id).plan_files():
            symbol, day = task.file.partition[0], date.fromordinal(epoch + task.file.partition[1])
            counts[SymbolDay(symbol, day)] += task.file.record_count
        return counts

    def snapshot_id(self, name: str) -> int | None:
        """The current snapshot; none before the first commit."""
        snapshot = self.table(name).current_snapshot()
        return snapshot.snapshot_id if snapshot else None

    def tag(self, name: str, snapshot_id: int, tag: str) -> None:
        """Pin a snapshot under a name, so that no expiry ever takes it; the same pin again is fine."""

        def pin() -> None:
            table = self.table(name)
            held = table.refs().get(tag)
            if held is None:
                table.manage_snapshots().create_tag(snapshot_id, tag).commit()
            elif held.snapshot_id != snapshot_id:
                raise DataError(
                    f"Tag {tag!r} of gold.{name} pins another snapshot. "
                    f"Expected {snapshot_id}, was {held.snapshot_id}"
                )

        columns_at(self.table(name), snapshot_id)
        until_no_conflict(pin, f"tag gold.{name}")

    def _prepare(self, name: str) -> None:
        try:  # PyIceberg's create_table_if_not_exists leaves a metadata file each time
            table = self.catalog.load_table((NAMESPACE, name))
        except NoSuchTableError:
            table = self._create(name)
        require_types(table, self._tables[name].columns)

    def _create(self, name: str) -> Table:
        shape = self._tables[name]
        schema = iceberg_schema(shape.columns)
        with suppress(IntegrityError):  # another process created it between PyIceberg's look and its insert
            self.catalog.create_namespace_if_not_exists(NAMESPACE)
        return self.catalog.create_table_if_not_exists(
            (NAMESPACE, name),
            schema,
            partition_spec=partition_spec(schema),
            sort_order=sort_order(schema, shape.time),
            properties=table_properties(shape.columns),
        )

    def _grown(self, name: str) -> Table:
        """The table with every column that the code makes."""

        def grow() -> Table:
            table = self.table(name)
            if missing := missing_columns(table, self._tables[name].columns):
                add_columns(table, missing)
            return table

        with self.explained_errors():
            return until_no_conflict(grow, f"add columns to gold.{name}")


def columns_at(table: Table, snapshot_id: int) -> set[str]:
    """Columns that the table had at a snapshot; MissingDataError where there is no such snapshot."""
    snapshot = table.snapshot_by_id(snapshot_id)
    if snapshot is None or snapshot.schema_id is None:
        raise MissingDataError(
            f"Snapshot {snapshot_id} of {'.'.join(table.name())} is not there. "
            f"Expected one of {len(table.snapshots())} snapshots (expired ones are gone)"
        )
    return {field.name for field in table.schemas()[snapshot.schema_id].fields}


def _warehouse(url: str) -> str:
    """PyIceberg takes file URLs literally: `%20` would become part of a folder's name."""
    return f"file://{unquote(urlsplit(url).path)}" if url.startswith("file:") else url.rstrip("/")
