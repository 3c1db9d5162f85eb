from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ticklake_assets.cli import app
from ticklake_assets.core.instruments import INSTRUMENTS


def test_a_round_turn_of_every_symbol_by_profile() -> None:
    told = json.loads(CliRunner().invoke(app, ["costs", "--json"]).stdout)
    assert sorted(told) == sorted(INSTRUMENTS)
    # Two fills at 0.1 pip, two sides of 35 a million at 1.0705.
    assert told["EURUSD"]["dukascopy"] == pytest.approx(0.2 + 2 * 0.374675)
    assert told["EURUSD"]["raw_spread"] == pytest.approx(0.2 + 0.7)
    assert told["EURUSD"]["spread_only"] == pytest.approx(0.2 + 0.8)
    table = CliRunner().invoke(app, ["costs"]).stdout
    assert "IC Markets, raw spreads" in table


def test_one_symbol_tells_every_number() -> None:
    told = json.loads(
        CliRunner().invoke(app, ["costs", "EURUSD", "--profile", "raw_spread", "--json"]).stdout
    )
    assert told["commission"] == {"share": 0.0, "fixed": 3.5e-5}
    assert told["version"].startswith("raw_spread-")
    assert "GBPJPY" in CliRunner().invoke(app, ["costs", "GBPJPY"]).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["ABCDEF"], "has no metadata"), (["--profile", "cheap"], "Expected one of dukascopy, raw_spread")],
)
def test_what_is_not_known_is_a_line(arguments: list[str], said: str) -> None:
    answer = CliRunner().invoke(app, ["costs", *arguments])
    assert answer.exit_code == 1
    assert said in answer.stderr
