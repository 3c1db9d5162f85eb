"""`ticklake journal` over the folder of an endpoint that was killed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from serving.endpoint.journal.journals import Journals
from ticklake_assets.cli import app
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.endpoint.desk import START, Talk, open_desk
from ticklake_assets_tests.serving.recorded_day import DAY, record_day
from ticklake_assets_tests.serving.streamed_day import disorder, rows_of


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A day of two streams, the second sealed."""
    home = tmp_path / "home"
    ticks = disorder(DAY, record_day(tmp_path / "landing", ticks=900).columns()).ticks
    with open_desk(home / "endpoint") as desk:
        for _ in range(2):
            talk = Talk(desk)
            talk.say(START)
            rows = rows_of(ticks)
            for at in range(0, len(rows), 200):
                talk.say(orjson.dumps({"type": "ticks", "seq": at + 1, "rows": rows[at : at + 200]}))
            talk.session.close()
        _go_on(desk.journals).seal()
    monkeypatch.setenv("TICKLAKE_HOME", str(home))
    return home


def _go_on(journals: Journals) -> Any:
    newest = journals.newest(DAY)
    assert newest is not None
    return journals.go_on(newest)


def _run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["journal", *arguments])
    assert done.exit_code == code, done.output
    return done.output


def _files(home: Path) -> list[Path]:
    return sorted(Settings(home=home).journals.glob("*/*/*.journal"))


@pytest.mark.usefixtures("home")
def test_days_are_listed_with_what_lies_there() -> None:
    (row,) = json.loads(_run("list", "--json"))
    assert (row["symbol"], row["day"], row["streams"]) == (DAY.symbol, str(DAY.trading_day), 2)
    assert (row["sealed"], row["complete"], row["ticks"]["late"]) == (True, True, 4)
    assert "SYNEUR" in _run("list")
    assert json.loads(_run("list", "EURUSD", "--json")) == []
    assert "ticklake: Symbol 'ABCDEF'" in _run("list", "ABCDEF", code=1)


@pytest.mark.usefixtures("home")
def test_a_day_is_shown_stream_by_stream() -> None:
    first, second = json.loads(_run("show", DAY.symbol, str(DAY.trading_day), "--json"))
    assert (first["sealed"], second["sealed"]) == (False, True)
    assert second["controls"] == ["sealed"]
    assert first["ticks"] == second["ticks"]
    assert first["events"] > 0
    assert "4 late" in _run("show", DAY.symbol, str(DAY.trading_day))
    assert "No journal of SYNEUR|2001-01-01" in _run("show", DAY.symbol, "2001-01-01", code=1)


def test_every_checksum_is_looked_at(home: Path) -> None:
    assert "2 files" in _run("verify")
    open_file, sealed = _files(home)
    whole = open_file.read_bytes()
    open_file.write_bytes(whole[:-7])
    assert "of a frame that was not finished" in _run("verify")
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 1
    open_file.write_bytes(changed)
    sealed.chmod(0o600)
    sealed.write_bytes(sealed.read_bytes()[:-3])
    sealed.chmod(0o400)
    told = json.loads(_run("verify", "--json", code=1))
    assert "was changed" in told[0]["problem"]
    assert "is sealed, and" in told[1]["problem"]


def test_a_file_that_cannot_be_read_is_named_in_the_list(home: Path) -> None:
    path = _files(home)[1]
    path.chmod(0o600)
    path.write_bytes(b"nothing like it")
    (row,) = json.loads(_run("list", "--json"))
    assert "Expected a journal" in row["problem"]
