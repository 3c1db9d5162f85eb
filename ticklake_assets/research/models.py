"""What models leave for research: frozen datasets, and the trades of a walk-forward report."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.report.trades import TradeLine
from ticklake_assets.research.asked import parse_day, some_of
from ticklake_assets.research.scan import Scan
from ticklake_assets.storage.datasets.manifest import PARTS
from ticklake_assets.storage.datasets.registry import DatasetRegistry
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets.storage.objects.store import ObjectStore

_REPORT = re.compile(r"([A-Z0-9]{3,12})[/|](\d{4}-\d{2}-\d{2})")
_TYPES = {date: pa.date32(), str: pa.string(), float: pa.float64()}
_TIMES = ("signal", "entry_time", "exit_time")
_TRADES = pa.schema(
    [
        (name, pa.timestamp("us", tz="UTC") if name in _TIMES else _TYPES[kind])
        for name, kind in get_type_hints(TradeLine).items()
    ]
)


def dataset_scan(registry: DatasetRegistry, tag: str, part: str | None) -> Scan:
    """Events of a frozen dataset, or of one part, behind a column `part`; read whole and verified by sha256."""
    if part is not None and part not in PARTS:
        raise DataError(f"Part {part!r} of a dataset. Expected one of {', '.join(PARTS)}")
    wanted = PARTS if part is None else (part,)
    with TemporaryDirectory(prefix="ticklake-dataset-") as folder:
        manifest = registry.checkout(tag, Path(folder))
        read = [_part(Path(folder) / f"{name}.parquet", name) for name in wanted]
    rows = pa.concat_tables(read)
    days = tuple(line.day for line in manifest.partitions if line.part in wanted)
    return Scan(rows.schema, lambda: iter([rows]), days)


def trades_scan(store: ObjectStore, report: str) -> Scan:
    """Test trades of a report, as its `.trades.csv` has them."""
    match = _REPORT.fullmatch(report)
    if match is None:
        raise DataError(f"Expected a report like EURUSD/2024-01-31, its symbol and as-of day; was {report!r}")
    as_of, files = SymbolDay(match[1], parse_day(match[2])), ModelFiles(store)
    made = files.as_of_days("walk_forward", as_of.symbol)
    if as_of.trading_day not in made:
        known = some_of([f"{as_of.symbol}/{day}" for day in made])
        raise MissingDataError(f"No report {report!r}. Expected one of those that were made: {known}")
    typed = csv.ConvertOptions(column_types=_TRADES, include_columns=_TRADES.names, null_values=[])
    text = pa.BufferReader(files.get("report", as_of, ".trades.csv"))
    rows = csv.read_csv(text, convert_options=typed)
    return Scan(_TRADES, lambda: iter([rows]), (as_of.trading_day,))


def _part(path: Path, name: str) -> pa.Table:
    rows = pq.read_table(path)
    return rows.add_column(0, pa.field("part", pa.string()), pa.repeat(name, rows.num_rows))
