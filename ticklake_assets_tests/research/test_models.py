from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.report.trades import TradeLine
from ticklake_assets.research import open_lake
from ticklake_assets.research.lake import Lake
from ticklake_assets.storage.datasets.manifest import PARTS, DatasetDay, DatasetManifest
from ticklake_assets.storage.datasets.registry import DatasetRegistry
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets_tests.storage.gold.builders import MONDAY, days_from, make_labels

DAYS = days_from(MONDAY, 4)

LINE = TradeLine(
    date(2024, 1, 31), "2024-01-31T09:00:00+00:00", "long", "2024-01-31T09:00:00.250000+00:00", 1.1,
    "2024-01-31T09:20:00.000001+00:00", 1.1012, "target", 11.2, 0.3, 0.1, 0.0, 0.0, -2.5, 11.2, 0.61, 0.2, 0.19,
    0.55, 1.1, 3.0, 1.4, 0.6, "gap=0.1 +0.2000; sigma_bp=1 -0.1000",
)  # fmt: skip


def put_report(lake: Lake, lines: list[TradeLine]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([TradeLine._fields, *lines])
    files, as_of = ModelFiles(lake.store), SymbolDay("EURUSD", date(2024, 1, 31))
    files.put("report", as_of, text.getvalue().encode(), ".trades.csv")
    files.put("walk_forward", as_of, b"{}")


@pytest.fixture
def empty(tmp_path: Path) -> Lake:
    (tmp_path / "lake").mkdir()
    return open_lake(tmp_path)


def test_trades_of_a_report_are_typed(empty: Lake) -> None:
    put_report(empty, [LINE])
    rows = empty.trades("EURUSD/2024-01-31").to_arrow().to_pylist()
    times = {
        name: datetime.fromisoformat(getattr(LINE, name)) for name in ("signal", "entry_time", "exit_time")
    }
    assert rows == [LINE._asdict() | times]
    assert rows[0]["signal"] == datetime(2024, 1, 31, 9, tzinfo=UTC)
    assert empty.trades("EURUSD|2024-01-31").to_arrow().num_rows == 1


def test_a_report_without_a_trade_has_its_columns(empty: Lake) -> None:
    put_report(empty, [])
    rows = empty.trades("EURUSD/2024-01-31").to_arrow()
    assert (rows.num_rows, rows.column_names) == (0, list(TradeLine._fields))


def test_a_report_that_is_none_is_an_error_that_names_those_there_are(empty: Lake) -> None:
    put_report(empty, [LINE])
    with pytest.raises(MissingDataError, match=r"No report 'EURUSD/2024-01-30'. .*: EURUSD/2024-01-31$"):
        empty.trades("EURUSD/2024-01-30")
    with pytest.raises(MissingDataError, match=r"none yet"):
        empty.trades("GBPUSD/2024-01-30")
    with pytest.raises(DataError, match="Expected a report like EURUSD/2024-01-31"):
        empty.trades("report.html")
    with pytest.raises(DataError, match="2024-13-45"):
        empty.trades("EURUSD/2024-13-45")


def publish(lake: Lake, folder: Path) -> str:
    """A version of three parts, an event a day."""
    parts = dict(zip(PARTS, (DAYS[:2], DAYS[2:3], DAYS[3:4]), strict=True))
    folder.mkdir()
    for part, days in parts.items():
        rows = pa.concat_tables(make_labels(day, 1) for day in days)
        pq.write_table(rows, folder / f"{part}.parquet")
    files = {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    lines = tuple(
        DatasetDay(day.trading_day, part, 1, 1, True, "", "") for part, days in parts.items() for day in days
    )
    snapshots = {"bars": 1, "features": 2, "labels": 3}
    manifest = DatasetManifest("EURUSD", date(2024, 1, 4), Windows(2, 1, 1), "1", (), snapshots, lines, files)
    registry = DatasetRegistry(lake.settings.registry_dir, f"{lake.settings.lake}/datasets")
    return registry.publish(folder, manifest).tag


def test_a_dataset_is_its_parts_one_after_the_other(empty: Lake, tmp_path: Path) -> None:
    tag = publish(empty, tmp_path / "made")
    scan = empty.dataset(tag)
    rows = scan.to_arrow()
    assert scan.days == tuple(day.trading_day for day in DAYS)
    assert rows["part"].to_pylist() == ["train", "train", "validate", "test"]
    assert rows["trading_day"].to_pylist() == [day.trading_day for day in DAYS]
    assert empty.dataset(tag, "test").to_arrow().equals(rows.slice(3))
    assert empty.dataset(tag, "test").days == (DAYS[3].trading_day,)
    with pytest.raises(MissingDataError, match=f"No dataset version 'EURUSD/2024-01-04/v9'. .*{tag}"):
        empty.dataset("EURUSD/2024-01-04/v9")
    with pytest.raises(DataError, match=r"Part 'all' of a dataset. Expected one of train, validate, test"):
        empty.dataset(tag, "all")


def test_without_a_registry_no_tag_is_known(empty: Lake) -> None:
    with pytest.raises(MissingDataError, match="none yet"):
        empty.dataset("EURUSD/2024-01-09/v1")
