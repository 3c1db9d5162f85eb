from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.storage.sql.duckdb import DuckDbEngine
from ticklake_assets.storage.sql.engine import View
from ticklake_assets.storage.sql.opening import open_engine
from ticklake_assets.storage.sql.trino import TrinoEngine
from ticklake_assets_tests.storage.gold.builders import open_gold


def test_the_url_chooses_the_engine(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        assert isinstance(open_engine("duckdb://", gold), DuckDbEngine)
        trino = open_engine("trino://me@localhost:8080/lake", gold)
        assert isinstance(trino, TrinoEngine)
        trino.close()


@pytest.mark.parametrize("url", ["mysql://x", "trino://localhost:8080/lake", "trino://me@localhost:8080"])
def test_an_unknown_or_incomplete_url_is_refused(tmp_path: Path, url: str) -> None:
    with open_gold(tmp_path) as gold, pytest.raises(SetupError, match="Expected"):
        open_engine(url, gold)


def test_a_view_refuses_a_symbol_that_is_not_one() -> None:
    today = datetime(2024, 1, 1, tzinfo=UTC).date()
    with pytest.raises(DataError, match="Expected a partition key"):
        View("X'; DROP TABLE gold.bars; --", today, today)
