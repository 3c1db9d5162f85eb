from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ticklake_assets.cli import app
from ticklake_assets.sources.dialect_files import built_in, read_dialect


def _run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(app, [*words], env={"COLUMNS": "80", **environment})


def test_a_declaration_is_printed_to_make_ones_own_from() -> None:
    for dialect in built_in():
        printed = _run("dialect", "show", dialect.name).stdout
        assert read_dialect(dialect.name, printed, "printed") == dialect


def test_an_own_dialect_is_listed_shown_and_used(tmp_path: Path) -> None:
    mine = tmp_path / "own" / "mine.toml"
    mine.parent.mkdir()
    mine.write_text('about = "my [broker]"\nheader = "t,b,a"\ncolumns = ["time", "bid", "ask"]\n')
    with mine.open("a") as file:
        file.write('times = ["epoch milliseconds"]\n')
    own = {"TICKLAKE_DIALECTS": str(mine.parent)}
    listed = _run("dialects", **own).stdout.splitlines()
    assert [line.split() for line in listed[:3]] == [
        ["mine", "my", "[broker]"],
        ["t,b,a"],
        ["zone:", "in", "each", "time"],
    ]
    assert _run("dialect", "show", "mine", **own).stdout == mine.read_text()
    path = tmp_path / "EURUSD.csv"
    path.write_text("t,b,a\n1398902400292,1.38676,1.38686\n")
    assert "dialect mine (my [broker])" in _run("dialect", "try", str(path), **own).stdout
    refused = _run("dialect", "try", str(path), "--dialect", "mt5", **own)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "unknown CSV header" in refused.stderr


def test_the_list_fits_a_terminal_of_80_columns() -> None:
    lines = _run("dialects").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    for dialect in built_in():
        assert any(line.strip() == dialect.shown_header for line in lines), "the header is on one line"


@pytest.mark.parametrize("words", [("dialect", "show", "nosuch"), ("dialects",)])
def test_a_place_that_is_not_there_is_one_line(words: tuple[str, ...], tmp_path: Path) -> None:
    done = _run(*words, TICKLAKE_DIALECTS=str(tmp_path / "nowhere"))
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "TICKLAKE_DIALECTS: Expected a dialect's TOML file or a folder of them" in done.stderr
