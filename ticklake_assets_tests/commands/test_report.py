"""`ticklake report open`: which report is meant, and what is said where there is none."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from ticklake_assets.commands.report import open_report
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("SYNEUR/2024-01-16", "SYNJPY/2024-01-15", "SYNJPY/2024-01-16"):
        page = tmp_path / f"lake/models/report/{name}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(name)
        page.with_suffix(".json").write_text("{}")
    return Settings(home=tmp_path)


def told(settings: Settings, symbol: str, as_of: date | None) -> str:
    console = Console(file=io.StringIO(), width=80)
    open_report(settings, symbol, as_of, console, show=False)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("symbol", "as_of", "page"),
    [
        ("", None, "SYNJPY/2024-01-16"),
        ("SYNEUR", None, "SYNEUR/2024-01-16"),
        ("SYNJPY", date(2024, 1, 15), "SYNJPY/2024-01-15"),
    ],
)
def test_the_latest_is_meant_where_none_is_named(
    settings: Settings, symbol: str, as_of: date | None, page: str
) -> None:
    first, *more = told(settings, symbol, as_of).splitlines()
    path = Path(first.partition(": ")[2])
    assert path.read_text() == page
    assert any("SYNEUR 2024-01-16, SYNJPY 2024-01-15" in line for line in more) == (symbol == "")


def test_what_is_not_there_is_said_with_what_is(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(
        MissingDataError, match="a report of SYNJPY 2024-01-17, was SYNEUR 2024-01-16, SYNJPY"
    ):
        told(settings, "SYNJPY", date(2024, 1, 17))
    with pytest.raises(MissingDataError, match="Expected a report, was none: `ticklake walk-forward`"):
        told(Settings(home=tmp_path / "other"), "", None)
    with pytest.raises(DataError, match="NOPE"):
        told(settings, "NOPE", None)
