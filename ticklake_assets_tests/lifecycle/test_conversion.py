"""Account money by another symbol's quotes of the day, where the lake has them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.schemas import CLEAN
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.conversion import rates_by_day
from ticklake_assets.modeling.judging.money import QuoteRate
from ticklake_assets.resources.lake import Lake
from ticklake_assets.storage.partitions.arrow_types import arrow_schema
from ticklake_assets.storage.partitions.parquet_files import parquet_bytes
from ticklake_assets.storage.partitions.store import PartitionManifest, RawSource

DAY = date(2024, 1, 17)


def publish(lake: Lake, symbol: str, mids: list[float]) -> None:
    """A clean day of quotes two wide around each mid."""
    columns = {
        "bid": [mid - 1 for mid in mids],
        "ask": [mid + 1 for mid in mids],
        "ts_event": [datetime(2024, 1, 17, hour, tzinfo=UTC) for hour in range(len(mids))],
    }
    zeros = {name.name: [0] * len(mids) for name in CLEAN if name.name not in columns}
    for name in ("is_unchanged", "is_size_missing"):
        zeros[name] = [False] * len(mids)
    table = pa.table(zeros | columns).select([each.name for each in CLEAN]).cast(arrow_schema(CLEAN))
    file = lake.clean.write(SymbolDay(symbol, DAY), "made", parquet_bytes(table), len(mids))
    source = RawSource(key="raw", sha256="0" * 64, revision=1)
    manifest = PartitionManifest(files=(file,), rows=len(mids), made_from=source, written_by="test")
    lake.clean.publish(SymbolDay(symbol, DAY), manifest)


@pytest.mark.parametrize(
    ("symbol", "published", "mids", "expected"),
    [
        ("GBPJPY", "USDJPY", [100.0, 150.0], QuoteRate(1 / 150, "clean quotes of USDJPY")),
        ("EURGBP", "GBPUSD", [2.0, 4.0], QuoteRate(4.0, "clean quotes of GBPUSD")),
        ("GBPJPY", "EURJPY", [160.0], None),
        ("GBPJPY", "USDJPY", [], None),
    ],
)
def test_the_last_quote_of_the_symbol_between_the_currencies_converts(
    tmp_path: Path, symbol: str, published: str, mids: list[float], expected: QuoteRate | None
) -> None:
    lake = Lake(url=tmp_path.as_uri())
    publish(lake, published, mids)
    rate_of = rates_by_day(lake, instrument_of(symbol))
    assert rate_of(DAY) == expected
    assert rate_of(date(2024, 1, 18)) is None
