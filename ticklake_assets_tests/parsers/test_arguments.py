"""Days and numbers of days, as they are typed."""

from __future__ import annotations

from datetime import date

import pytest
from typer import BadParameter

from ticklake_assets.parsers.arguments import day_of, days_of


def test_days_have_one_spelling() -> None:
    assert (days_of("7d"), days_of("7")) == (7, 7)
    for wrong in ("0d", "d", "-1d", "1w", "7dd", "99999d", ""):
        with pytest.raises(BadParameter, match="Expected days like 7d"):
            days_of(wrong)


def test_a_day_is_a_date_and_nothing_else() -> None:
    assert day_of("2024-02-29") == date(2024, 2, 29)
    for wrong in ("2023-02-29", "20240115", "2024-01-15T00:00", "15.01.2024", ""):
        with pytest.raises(BadParameter, match=r"Expected a day as YYYY-MM-DD, like 2024-01-15, was"):
            day_of(wrong)
