from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ticklake_assets.core.errors import SourceError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.csv_file import CsvFile
from ticklake_assets.sources.parquet_text import parquet_lines
from ticklake_assets.sources.source import notes_in
from ticklake_assets_tests.sources.builders import rows_of

_DAY = SymbolDay("EURUSD", date(2014, 5, 1))
_AT = datetime(2014, 5, 1, 10, 0, 0, 123456, tzinfo=UTC)
_US = _DAY.start_us + 36_000_123_456


def _file(folder: Path, **columns: pa.Array) -> CsvFile:
    path = folder / "EURUSD.parquet"
    pq.write_table(pa.table(columns), path)
    return CsvFile(path)


@pytest.mark.parametrize(
    "times",
    [
        pa.array([_AT], pa.timestamp("us", "UTC")),
        pa.array([_AT], pa.timestamp("us", "America/New_York")),
        pa.array([_AT.replace(tzinfo=None)], pa.timestamp("us")),
        pa.array([_AT.replace(tzinfo=None)], pa.timestamp("ns")),
        pa.array([_US], pa.int64()),
        pa.array(["2014-05-01T10:00:00.123456Z"]),
        pa.array(["2014-05-01T10:00:00.123456Z"]).dictionary_encode(),
    ],
    ids=lambda array: str(array.type)[:20],
)
def test_times_of_every_type(tmp_path: Path, times: pa.Array) -> None:
    prices = pa.array([1.1], pa.float32()), pa.array([1.2])
    file = _file(tmp_path, timestamp=times, bid=prices[0], ask=prices[1])
    assert rows_of(file.rows_of(_DAY)) == [(_US, 1.1, 1.2, None, None)]


def test_columns_may_be_in_any_order_but_must_be_the_dialects(tmp_path: Path) -> None:
    columns = {"ask": pa.array([1.2]), "timestamp": pa.array([_US]), "bid": pa.array([1.1])}
    assert rows_of(_file(tmp_path, **columns).rows_of(_DAY)) == [(_US, 1.1, 1.2, None, None)]
    assert _file(tmp_path, **columns, __index_level_0__=pa.array([0])).days() == [date(2014, 5, 1)]
    with pytest.raises(
        SourceError, match=r"EURUSD.parquet: unknown CSV header[^!]*was 'ask,timestamp,bid,volume'"
    ):
        _file(tmp_path, **columns, volume=pa.array([1.0]))


def test_nanoseconds_are_cut_and_counted_and_nothing_is_missing(tmp_path: Path) -> None:
    times = pa.array([_US * 1_000 + 1, None, _US * 1_000]).cast(pa.timestamp("ns", "UTC"))
    bids = pa.array([1.1, None, float("nan")])
    found = _file(tmp_path, timestamp=times, bid=bids, ask=pa.array([1.2] * 3)).rows_of(_DAY)
    assert [row[0] for row in rows_of(found)] == [_US, None, _US]
    assert [row[1] for row in rows_of(found)][:2] == [1.1, None]
    assert np.isnan(found["bid"].to_pylist()[2])
    assert "1 rows have digits below the microsecond" in notes_in(found)[0]


def test_every_batch_is_read(tmp_path: Path) -> None:
    count = 150_000
    times = pa.array(np.arange(count) + _US)
    file = _file(tmp_path, timestamp=times, bid=pa.array([1.1] * count), ask=pa.array([1.2] * count))
    assert file.rows_of(_DAY)["ts_event"].cast(pa.int64()).combine_chunks() == times


def test_what_a_field_cannot_hold_is_refused(tmp_path: Path) -> None:
    for column in (pa.array([[1.0]]), pa.array(["a,b"])):
        path = tmp_path / "a.parquet"
        pq.write_table(pa.table({"bid": column}), path)
        with pytest.raises(SourceError, match=r"a.parquet: Expected a sound Parquet file of plain columns"):
            list(parquet_lines(path))


def test_a_group_of_rows_has_a_bound(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"bid": pa.array(range(1_000))}), path)
    with pytest.raises(
        SourceError, match=r"a.parquet: Expected groups of rows of at most 100 bytes, was [\d,]+"
    ):
        next(parquet_lines(path, most_group_bytes=100))
