from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

from rich.console import Console
from typer.testing import CliRunner

from ticklake_assets.cli import app
from ticklake_assets.commands.model_list import list_versions
from ticklake_assets.commands.model_tables import print_version
from ticklake_assets.lifecycle.promotion import Promotion
from ticklake_assets.resources.endpoint import EndpointClient
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


def shown(promotion: Promotion) -> dict[str, str]:
    """Names and values of `model show`, as a wide terminal has them."""
    console = Console(file=io.StringIO(), width=240)
    print_version(promotion, SYMBOL, "1", console, as_json=False)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]
    return {name: value for name, value, *_ in cells}


def test_no_value_of_a_version_is_left_empty(life: Life) -> None:
    life.version(1, date(2024, 1, 10), "passed")
    assert shown(life.promotion)["endpoint"] == "has it not"
    nowhere = EndpointClient(url="http://127.0.0.1:9", keys_dir=life.promotion.endpoint.keys_dir)
    told = shown(replace(life.promotion, endpoint=nowhere))
    assert told["endpoint"].startswith("no answer: The endpoint http://127.0.0.1:9 doesn't answer")
    assert all(told.values())


def test_an_unknown_symbol_is_one_line(tmp_path: Path) -> None:
    environment = {"TICKLAKE_HOME": str(tmp_path / "home")}
    done = CliRunner().invoke(app, ["model", "list", "NOPE"], env=environment)
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "Symbol 'NOPE' has no metadata" in line
