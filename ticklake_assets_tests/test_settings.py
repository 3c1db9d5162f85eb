"""What the command line says of settings: all of them, the wrong ones, and variables that are none."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner, Result

from ticklake_assets.cli import app
from ticklake_assets.settings import Settings


def settings(**variables: str) -> Result:
    environment = {f"TICKLAKE_{name}": value for name, value in variables.items()}
    return CliRunner().invoke(app, ["settings"], env={"COLUMNS": "80", **environment})


def test_every_variable_is_listed_whole_on_a_narrow_terminal() -> None:
    answer = settings()
    assert answer.exit_code == 0
    assert [name for name in Settings.model_fields if f"TICKLAKE_{name.upper()} " not in answer.stdout] == []
    assert "None" not in answer.stdout


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SOURCE", "ftp", "Expected 'dukascopy', 'dukascopy-bi5' or 'folder', was 'ftp'"),
        ("SYNTHETIC_STRENGTH", "x", "Expected a valid number, was 'x'"),
        ("SYNTHETIC_STRENGTH", "3", "Expected less than or equal to 1, was '3'"),
        ("SYNTHETIC_DIRT", "perhaps", "Expected a valid boolean, was 'perhaps'"),
    ],
)
def test_a_wrong_value_is_one_line(variable: str, value: str, said: str) -> None:
    answer = settings(**{variable: value})
    assert answer.exit_code == 1
    assert answer.stderr.splitlines()[-1] == f"ticklake: TICKLAKE_{variable}: {said}"


def test_a_misspelt_variable_is_named() -> None:
    assert "TICKLAKE_SORCE" not in settings().stderr
    answer = settings(SORCE="folder")
    assert answer.exit_code == 0
    assert "TICKLAKE_SORCE" in answer.stderr
    assert answer.stderr.endswith(": ignored\n")
