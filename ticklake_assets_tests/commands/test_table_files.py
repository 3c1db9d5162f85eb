from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ticklake_assets.commands.table_files import WRITERS, form_of, write_file
from ticklake_assets.core.errors import DataError, SetupError

NOON = datetime(2024, 1, 2, 12, 0, 0, 1, tzinfo=UTC)
SCHEMA = pa.schema(
    [
        ("symbol", pa.string()),
        ("day", pa.date32()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("price", pa.float64()),
        ("size", pa.int8()),
        ("is_old", pa.bool_()),
    ]
)
ROWS = [
    ("EURUSD", date(2024, 1, 2), NOON, 1.1000000000000001, 3, True),
    ("EURUSD", None, None, float("nan"), None, None),
]


def batches(count: int = 2, error: Exception | None = None) -> pa.RecordBatchReader:
    def made() -> Iterator[pa.RecordBatch]:
        for _ in range(count):
            columns = zip(*ROWS, strict=True)
            yield pa.record_batch(
                [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
            )
        if error:
            raise error

    return pa.RecordBatchReader.from_batches(SCHEMA, made())


def test_csv_has_a_header_and_a_line_a_row(tmp_path: Path) -> None:
    assert write_file(batches(), tmp_path / "a.csv", "csv") == 4
    lines = ["EURUSD,2024-01-02,2024-01-02T12:00:00.000001Z,1.1,3,true\n", "EURUSD,,,nan,,\n"]
    assert (tmp_path / "a.csv").read_text() == "symbol,day,at,price,size,is_old\n" + "".join(lines * 2)


def test_parquet_and_arrow_hold_the_rows_as_they_are(tmp_path: Path) -> None:
    for form in ("parquet", "arrow"):
        write_file(batches(), tmp_path / f"a.{form}", form)
    expected = batches().read_all().to_pandas()
    for rows in (pq.read_table(tmp_path / "a.parquet"), pa.ipc.open_file(tmp_path / "a.arrow").read_all()):
        assert rows.schema == SCHEMA
        assert rows.to_pandas().equals(expected)


@pytest.mark.parametrize("form", WRITERS)
def test_no_rows_are_a_file_with_columns(tmp_path: Path, form: str) -> None:
    assert write_file(batches(0), tmp_path / "a", form) == 0
    assert (tmp_path / "a").stat().st_size > 0


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("failure", [DataError("the day is broken"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, form: str, failure: BaseException
) -> None:
    (tmp_path / "a").write_bytes(b"of yesterday")
    with pytest.raises(type(failure)):
        write_file(batches(3, failure), tmp_path / "a", form)  # type: ignore[arg-type]
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"of yesterday")]


def test_a_name_says_what_the_file_is() -> None:
    assert form_of(Path("x/a.CSV")) == "csv"
    with pytest.raises(
        SetupError, match=r"Expected a file that ends in \.csv, \.parquet, \.arrow, was a\.xlsx"
    ):
        form_of(Path("a.xlsx"))
