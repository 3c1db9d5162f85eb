from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import HTTPException
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from serving.endpoint.endpoint import requested_day
from ticklake_assets_tests.serving.running_endpoint import bearer, running_endpoint

_TODAY = datetime.now(UTC).date()


@pytest.mark.parametrize("day", [date(1970, 1, 1), date(1990, 1, 6), date(2024, 2, 29), _TODAY])
def test_a_day_that_may_have_quotes_is_one(day: date) -> None:
    """The 6th was a Saturday: quotes outside of sessions are odd and no error."""
    assert requested_day("EURUSD", day.isoformat()).key == f"EURUSD|{day}"


@pytest.mark.parametrize(
    "day",
    [
        "0001-01-01", "1969-12-31", "9999-12-31", (_TODAY + timedelta(days=3)).isoformat(), "20240115", "2024-W03-1",
        "2024-1-15", "2024-02-30", "yesterday", "", " 2024-01-15", "٢٠٢٤-01-15", "2024-01-15\n",
    ],
)  # fmt: skip
def test_a_day_that_cannot_have_any_is_not_there(day: str) -> None:
    with pytest.raises(HTTPException) as refused:
        requested_day("EURUSD", day)
    assert refused.value.status_code == 404
    assert f"No symbol-day EURUSD|{day}" in refused.value.detail


def test_an_impossible_day_leaves_no_folder(tmp_path: Path) -> None:
    with running_endpoint(tmp_path) as endpoint:
        before = sorted(tmp_path.rglob("*"))
        for day in ("0001-01-01", "9999-12-31", "20240115"):
            with pytest.raises(InvalidStatus) as refused:
                connect(
                    f"{endpoint.url.replace('http', 'ws')}/v1/stream/EURUSD/{day}",
                    additional_headers=bearer(endpoint.token),
                    proxy=None,
                )
            assert refused.value.response.status_code == 404
            assert endpoint.get(f"/v1/served/EURUSD/{day}").status_code == 404
        assert sorted(tmp_path.rglob("*")) == before
