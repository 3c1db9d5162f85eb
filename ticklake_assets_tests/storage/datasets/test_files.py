from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.storage.datasets.files import rows_digest, write_part
from ticklake_assets_tests.storage.gold.builders import MONDAY, make_features


def test_the_digest_of_rows_ignores_chunks_and_sees_every_value() -> None:
    rows = make_features(MONDAY, 6)
    chunked = pa.concat_tables([rows.slice(0, 2), rows.slice(2)])
    assert rows_digest(chunked) == rows_digest(rows)
    assert rows_digest(make_features(MONDAY, 6, seed=1)) != rows_digest(rows)
    assert rows_digest(rows.slice(1)) != rows_digest(rows)
    assert rows_digest(rows.rename_columns(["x", *rows.column_names[1:]])) != rows_digest(rows)


def test_a_null_has_no_digest() -> None:
    with pytest.raises(DataError, match="'x' is null in 1 rows"):
        rows_digest(pa.table({"x": pa.array([1.0, None])}))


def test_the_same_rows_give_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    assert write_part(tmp_path, "train", make_features(MONDAY, 50)) == write_part(
        tmp_path / "again", "train", make_features(MONDAY, 50)
    )
