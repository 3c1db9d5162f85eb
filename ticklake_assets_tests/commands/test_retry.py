from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ticklake_assets.cli import app
from ticklake_assets.core.instruments import INSTRUMENTS
from ticklake_assets.instance.asked_again import asked_again
from ticklake_assets.instance.home import open_instance
from ticklake_assets.settings import Settings


def test_a_symbol_or_all_are_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKLAKE_HOME", str(tmp_path))
    before = datetime.now(UTC)
    answer = CliRunner().invoke(app, ["retry", "EURUSD"])
    assert answer.exit_code == 0
    assert "days of EURUSD are tried again at the raw sensor's next look: no daemon runs now" in answer.output
    with open_instance(Settings(home=tmp_path)) as instance:
        assert asked_again(instance).keys() == {"EURUSD"}
        assert before <= asked_again(instance)["EURUSD"] <= datetime.now(UTC)
        assert CliRunner().invoke(app, ["retry", "--all"]).exit_code == 0
        assert asked_again(instance).keys() == INSTRUMENTS.keys()


@pytest.mark.parametrize(("arguments", "was"), [([], "neither"), (["EURUSD", "--all"], "both")])
def test_one_of_both_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], was: str
) -> None:
    monkeypatch.setenv("TICKLAKE_HOME", str(tmp_path))
    answer = CliRunner().invoke(app, ["retry", *arguments])
    assert answer.exit_code == 1
    assert f"Expected a symbol or --all, was {was}" in answer.stderr
