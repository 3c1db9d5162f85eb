"""A symbol-day from `parquet/ticks` to its clean and its quarantined rows: what one task of a Spark job does.

A worker imports this and nothing heavier than pyarrow and the rule kernel, and boto3 for a lake on S3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ticklake_assets.core import rule_kernel
from ticklake_assets.core.cleaning import RawColumns, judge_day, time_order
from ticklake_assets.core.quotes import RULES
from ticklake_assets.core.schemas import CLEAN, QUARANTINE, TICKS
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.objects.store import create_or_same
from ticklake_assets.storage.partitions.arrow_types import arrow_schema
from ticklake_assets.storage.partitions.parquet_files import parquet_bytes, read_verified

_MISSING = {
    "ts_event": rule_kernel.NO_TIME,
    "bid": rule_kernel.NO_BID,
    "ask": rule_kernel.NO_ASK,
    "bid_size": rule_kernel.NO_BID_SIZE,
    "ask_size": rule_kernel.NO_ASK_SIZE,
}
_NAMES = pa.array([None, *(rule.name for rule in RULES)])


class LakePlace(NamedTuple):
    """How a worker reaches the lake; its credentials are those of the place where it runs."""

    url: str
    endpoint: str = ""
    region: str = ""


class Work(NamedTuple):
    """A day to clean."""

    day: SymbolDay
    files: tuple[tuple[str, str], ...]
    """Key and sha256 of each file that `parquet/ticks` has of the day."""
    clean_key: str
    """Where its kept rows go; nothing is written where there are none."""
    quarantine_key: str


class SplitDay(NamedTuple):
    clean: pa.Table
    """`schemas.CLEAN`, by (`ts_event`, `source_row`)."""
    quarantine: pa.Table
    """`schemas.QUARANTINE`, by `source_row`."""


def clean_day(place: LakePlace, work: Work) -> None:
    """Read, judge and write one day; done twice, it leaves the same two files."""
    store = open_store(place.url, endpoint=place.endpoint, region=place.region)
    ticks = pa.concat_tables(read_verified(store, key, digest, TICKS) for key, digest in work.files)
    split = split_day(work.day, ticks)
    for key, rows in ((work.clean_key, split.clean), (work.quarantine_key, split.quarantine)):
        if rows.num_rows:
            create_or_same(store, key, parquet_bytes(rows))


def split_day(day: SymbolDay, ticks: pa.Table) -> SplitDay:
    """Apply the rules to a day's rows, which may come in any order."""
    ticks = ticks.combine_chunks()
    source_row, columns = ticks["source_row"].to_numpy(), _raw_columns(ticks)
    order = time_order(source_row, columns)
    columns = columns.at(order)
    judged = judge_day(day, columns)
    is_kept = judged.codes == rule_kernel.KEPT
    ts_us, bid, ask, bid_size, ask_size, missing = columns.at(is_kept)
    with np.errstate(over="ignore"):  # two finite prices may have an infinite sum
        total = bid + ask
    clean = {
        "source_row": source_row[order[is_kept]],
        "ts_event": ts_us,
        "bid": bid,
        "ask": ask,
        "bid_size": np.where(missing & rule_kernel.NO_BID_SIZE, 0.0, bid_size),
        "ask_size": np.where(missing & rule_kernel.NO_ASK_SIZE, 0.0, ask_size),
        "mid": total / 2.0,
        "spread": ask - bid,
        "gap_us": judged.gap_us[is_kept],
        "is_unchanged": judged.is_unchanged[is_kept],
        "is_size_missing": missing != 0,
    }
    broken = np.flatnonzero(~is_kept)
    broken = broken[np.argsort(source_row[order[broken]])]
    refused = ticks.take(order[broken]).append_column("rule", _NAMES.take(pa.array(judged.codes[broken])))
    schema = arrow_schema(CLEAN)
    kept = [pa.array(clean[field.name]).cast(field.type) for field in schema]
    return SplitDay(pa.Table.from_arrays(kept, schema=schema), refused.cast(arrow_schema(QUARANTINE)))


def _raw_columns(ticks: pa.Table) -> RawColumns:
    missing = np.zeros(ticks.num_rows, dtype=np.uint8)
    values = {}
    for name, bit in _MISSING.items():
        column = ticks[name].cast(pa.int64()) if name == "ts_event" else ticks[name]
        if column.null_count:
            missing |= np.where(column.is_null().to_numpy(), bit, 0).astype(np.uint8)
            column = column.fill_null(0)
        values[name] = column.to_numpy()
    times, bid, ask, bid_size, ask_size = (values[name] for name in _MISSING)
    return RawColumns(times, bid, ask, bid_size, ask_size, missing)
