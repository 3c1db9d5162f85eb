from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ticklake_assets.cli import app

TODAY = datetime.now(UTC).date()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["EURUSD", "2024-01-02", "2024-01-01"], "was 2024-01-02 to 2024-01-01"),
        (["EURUSD", "2024-01-01", str(TODAY)], f"was 2024-01-01 to {TODAY}"),
        (
            ["EURUSD", str(TODAY + timedelta(days=1)), str(TODAY + timedelta(days=2))],
            "Expected complete past days",
        ),
        (["EURUSD", "2009-12-31", "2010-01-02"], "was 2009-12-31 to 2010-01-02"),
        (["EURUSX", "2024-01-01", "2024-01-02"], "Symbol 'EURUSX' has no metadata"),
        (["eurusd", "2024-01-01", "2024-01-02"], "Expected one of AUDUSD, BTCUSD"),
    ],
    ids=["turned around", "today", "future", "before the calendar", "unknown symbol", "small letters"],
)
def test_days_that_cannot_be_are_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.setenv("TICKLAKE_HOME", str(tmp_path / "home"))
    answer = CliRunner().invoke(app, ["backfill", *arguments])
    assert answer.exit_code == 1
    assert said in answer.stderr
    assert answer.stderr.startswith("ticklake: ")
    assert answer.stderr.count("\n") == 1
    assert answer.stdout == ""
    assert not (tmp_path / "home").exists(), "refused before anything was made"


def test_a_day_that_is_no_date_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKLAKE_HOME", str(tmp_path / "home"))
    answer = CliRunner().invoke(app, ["backfill", "EURUSD", "2024-02-30", "2024-03-01"])
    assert answer.exit_code == 2
    assert "2024-02-30" in answer.stderr
