"""Ticks of a layer as a scan: read from the raw files, or through the manifests of `parquet` and `clean`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date

import pyarrow as pa

from ticklake_assets.core.day_files import RAW, parse_raw_key
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.schemas import CLEAN, PARTITION, QUARANTINE, TICKS, Column, names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.research.asked import Asked
from ticklake_assets.research.scan import Scan
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.arrow_types import arrow_schema
from ticklake_assets.storage.partitions.csv_ingest import ingest
from ticklake_assets.storage.partitions.store import PartitionStore
from ticklake_assets.storage.raw.csv_shape import measure
from ticklake_assets.storage.raw.seals import newest_object

_COLUMNS: dict[str, tuple[Column, ...]] = {
    "raw": TICKS,
    "parquet": TICKS,
    "clean": CLEAN,
    "quarantine": QUARANTINE,
}
TICK_LAYERS = tuple(_COLUMNS)
_MANIFEST = re.compile(r".*/trading_day=(\d{4}-\d{2}-\d{2})/manifest\.json")


def tick_scan(store: ObjectStore, layer: str, asked: Asked, columns: Sequence[str] | None) -> Scan:
    """Ticks of days as they are now; `symbol` and `trading_day` lead the layer's own columns.

    Raises:
        DataError: no such layer or column.
        MissingDataError: no such day.
    """
    if layer not in _COLUMNS:
        raise DataError(f"Layer {layer!r} of ticks. Expected one of {', '.join(_COLUMNS)}")
    offered = (*PARTITION, *_COLUMNS[layer])
    if unknown := [name for name in columns or () if name not in names(offered)]:
        raise DataError(
            f"Column {unknown[0]!r} of {layer}/ticks. Expected some of {', '.join(names(offered))}"
        )
    by_name = {column.name: column for column in offered}
    schema = arrow_schema(tuple(by_name[name] for name in columns or by_name))
    held = days_held(store, layer, asked.symbol)
    days = asked.within(held)
    asked.expect_some(f"ticks of layer {layer}", days, held)
    # Rows of no column of its own would be counted as none.
    read = _reader(store, layer, ["source_row", *schema.names])

    def tables() -> Iterator[pa.Table]:
        for day in days:
            yield _with_keys(read(SymbolDay(asked.symbol, day)), asked.symbol, day, schema)

    return Scan(schema, tables, days, asked.missing(days))


def days_held(store: ObjectStore, layer: str, symbol: str) -> set[date]:
    """Days of a symbol that a layer holds, by listing alone."""
    if layer == "raw":
        named = (parse_raw_key(found.key) for found in store.list(f"{RAW}{symbol}/"))
        return {each[0].trading_day for each in named if each}
    folder = f"{'clean' if layer == 'quarantine' else layer}/ticks/symbol={symbol}/"
    found = (_MANIFEST.fullmatch(each.key) for each in store.list(folder))
    return {date.fromisoformat(match[1]) for match in found if match}


def _reader(store: ObjectStore, layer: str, wanted: list[str]) -> Callable[[SymbolDay], pa.Table]:
    if layer == "raw":
        return lambda day: _raw(store, day)
    if layer == "quarantine":
        return lambda day: PartitionStore(store, "clean").read_quarantine(day, wanted)
    return lambda day: PartitionStore(store, layer).read(day, wanted)


def _raw(store: ObjectStore, day: SymbolDay) -> pa.Table:
    """The highest revision of the day's file, typed as `parquet/ticks` would."""
    newest = newest_object(store, day)
    assert newest is not None, "it was listed"
    data = store.get(newest.key)
    return ingest(data, day, newest.key, measure([data], day, newest.key).rows).table


def _with_keys(rows: pa.Table, symbol: str, day: date, schema: pa.Schema) -> pa.Table:
    """Rows of a day in the columns of the schema, keys among them."""
    keys = {"symbol": pa.scalar(symbol), "trading_day": pa.scalar(day, pa.date32())}
    arrays = [pa.repeat(keys[name], rows.num_rows) if name in keys else rows[name] for name in schema.names]
    return pa.table(arrays, schema=schema)
