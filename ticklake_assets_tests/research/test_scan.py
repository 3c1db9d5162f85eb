from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date

import duckdb
import pyarrow as pa
import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.research.scan import Scan

SCHEMA = pa.schema([("day", pa.int64()), ("row", pa.int64())])
MOST = 1_000


class Counted:
    """Tables of a day each, which know how many of them live at once."""

    def __init__(self, days: int) -> None:
        self.days, self.read = days, 0

    def __call__(self) -> Iterator[pa.Table]:
        for day in range(self.days):
            self.read += 1
            yield pa.table({"day": [day] * MOST, "row": range(MOST)}, schema=SCHEMA)


def scan_of(tables: Counted) -> Scan:
    return Scan(SCHEMA, tables, (date(2024, 1, 2),))


def test_batches_come_as_they_are_asked_for_and_are_small() -> None:
    tables = Counted(1_000)
    batches = iter(scan_of(tables).batches(300))
    first = [next(batches) for _ in range(5)]
    assert [batch.num_rows for batch in first] == [300, 300, 300, 100, 300]
    assert tables.read == 2


def test_it_gives_the_same_rows_each_time() -> None:
    scan = scan_of(Counted(3))
    assert scan.to_arrow() == scan.to_arrow()
    assert scan.to_arrow().num_rows == 3 * MOST
    assert scan.batches().schema == scan.schema


def test_frames_hold_the_same_rows() -> None:
    scan = scan_of(Counted(2))
    assert scan.to_polars().to_arrow().cast(SCHEMA) == scan.to_arrow()
    assert pa.Table.from_pandas(scan.to_pandas(), SCHEMA, preserve_index=False).equals(scan.to_arrow())


def test_other_libraries_take_it_as_a_stream() -> None:
    scan = scan_of(Counted(2))
    assert pa.table(scan) == scan.to_arrow()
    with duckdb.connect() as connection:
        assert connection.from_arrow(scan.batches()).aggregate("count(*)").fetchall() == [(2 * MOST,)]


def test_it_says_what_it_is_without_reading() -> None:
    tables = Counted(3)
    assert repr(scan_of(tables)) == "<Scan of 1 days, 2024-01-02 to 2024-01-02: day, row>"
    assert tables.read == 0


def test_a_scan_without_rows_has_its_columns() -> None:
    assert scan_of(Counted(0)).to_arrow() == SCHEMA.empty_table()


def test_an_error_while_reading_is_its_own() -> None:
    def tables() -> Iterator[pa.Table]:
        yield from Counted(1)()
        raise DataError("the second day is broken")

    with pytest.raises(DataError, match="the second day is broken"):
        Scan(SCHEMA, tables, ()).to_arrow()


def test_a_missing_library_is_named_with_its_extra() -> None:
    program = """
import sys
import pyarrow as pa
from ticklake_assets.core.errors import SetupError
from ticklake_assets.research.scan import Scan
scan = Scan(pa.schema([]), lambda: iter(()), ())
for library, ask in (("polars", scan.to_polars), ("pandas", scan.to_pandas)):
    sys.modules[library] = None
    try:
        ask()
    except SetupError as error:
        print(error)
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    for line, library in zip(answer.stdout.splitlines(), ["polars", "pandas"], strict=True):
        assert line.startswith(f"to_{library} needs the library {library}. Expected the extra `research`")
        assert line.endswith("pip install 'ticklake[research]'")
