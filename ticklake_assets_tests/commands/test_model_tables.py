from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

from rich.console import Console
from typer.testing import CliRunner

from ticklake_assets.cli import app
from ticklake_assets.commands.model_list import list_versions
from ticklake_assets.settings import Settings
from ticklake_assets_tests.lifecycle.lives import SYMBOL, Life


def listed(life: Life, symbol: str, *, as_json: bool = False, **other: str) -> str:
    console, promotion = Console(file=io.StringIO(), width=120), life.promotion
    settings = Settings.model_validate(
        {
            "home": life.endpoint.settings.home,
            "lake_url": promotion.lake.url,
            "mlflow_uri": promotion.models.mlflow_uri,
            "endpoint_url": life.endpoint.url,
            **other,
        }
    )
    list_versions(settings, symbol, console, as_json=as_json)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_symbol_without_versions_is_told_what_makes_one(life: Life) -> None:
    assert listed(life, "EURUSD") == "no model of EURUSD yet: model/validated registers one\n"
    assert listed(life, "") == "no model yet: model/validated registers one\n"
    assert listed(life, "EURUSD", as_json=True) == "[]\n"
    life.version(1, date(2024, 1, 10), "passed")
    assert "passed" in listed(life, SYMBOL)


def test_an_endpoint_that_is_not_there_is_one_line(life: Life) -> None:
    life.version(1, date(2024, 1, 10), "passed")
    assert "┃ endpoint ┃" in listed(life, SYMBOL)
    gone = {"endpoint_url": "http://127.0.0.1:9"}
    said = listed(life, SYMBOL, **gone)
    assert "no answer" not in said
    assert said.splitlines()[-1].startswith("The endpoint http://127.0.0.1:9 doesn't answer")
    assert [row["endpoint"] for row in json.loads(listed(life, SYMBOL, as_json=True, **gone))] == [
        "no answer"
    ]


def test_an_unknown_symbol_is_one_line(tmp_path: Path) -> None:
    environment = {"TICKLAKE_HOME": str(tmp_path / "home")}
    done = CliRunner().invoke(app, ["model", "list", "NOPE"], env=environment)
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "Symbol 'NOPE' has no metadata" in line
