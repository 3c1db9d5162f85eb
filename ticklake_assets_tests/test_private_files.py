"""What ticklake writes is its owner's alone, whichever library writes it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mt5_bridge.append_log import AppendLog
from serving.endpoint.journal.journals import Journals
from ticklake_assets.cli import app
from ticklake_assets.core.symbol_day import SymbolDay


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """The umask of most machines, which lets everybody read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.stat().st_mode & 0o077]


def test_a_landed_day_is_its_owners_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    landed = CliRunner().invoke(
        app, ["land", "SYNEUR", "2024-01-09", "2024-01-09"], env={"TICKLAKE_HOME": str(home)}
    )
    assert landed.exit_code == 0, landed.stderr
    assert list(home.rglob("*.csv"))
    assert open_to_others(tmp_path) == []


def test_who_shares_a_lake_says_so(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = {"TICKLAKE_HOME": str(home), "TICKLAKE_UMASK": "027"}
    CliRunner().invoke(app, ["land", "SYNEUR", "2024-01-09", "2024-01-09"], env=environment)
    (file,) = home.rglob("*.csv")
    assert file.stat().st_mode & 0o777 == 0o640


def test_journals_are_their_owners_alone_whoever_opens_them(tmp_path: Path) -> None:
    with AppendLog(tmp_path / "bridge" / "journal.jsonl") as log:
        log.append({"x": 1}, durable=False)
    journals = Journals(tmp_path / "journal")
    journals.begin(SymbolDay("EURUSD", date(2024, 1, 9)), complete=True).close()
    journals.close()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert [path.name for path in files if path.stat().st_mode & 0o077] == []
    assert (tmp_path / "bridge").stat().st_mode & 0o077 == 0
