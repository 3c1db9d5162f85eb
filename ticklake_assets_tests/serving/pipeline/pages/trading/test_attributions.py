"""A day's money as a waterfall: the lake's documents and the demo's; one that does not sum is refused."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from fastapi import FastAPI

from mt5_bridge.attribution.waterfall import Attribution, explain
from ticklake_assets.settings import Settings
from ticklake_assets_tests.mt5_bridge.attribution.days import Causes, make_day
from ticklake_assets_tests.serving.pipeline.conftest import SignIn


@pytest.fixture
def found() -> Attribution:
    return explain(make_day(1, Causes(spread_points=2)))


def _address(found: Attribution) -> str:
    return f"attribution/{found.symbol}/{found.trading_day}"


def test_a_day_of_the_lake_sums_and_stands_in_a_table(
    app: FastAPI, signed_in: SignIn, found: Attribution
) -> None:
    app.state.sources.lake.store.put(f"{_address(found)}.json", found.model_dump_json().encode())
    client = signed_in()
    assert f"/trading/{_address(found)}" in client.get("/trading").text
    text = client.get(f"/trading/{_address(found)}").text
    assert "sums to the cent" in text
    assert "<svg" in text
    assert "style=" not in text  # the page's policy lets no style stand in it
    for each in found.steps:
        assert f"{each.difference:+}" in text
    assert f">{found.real}<" in text


def test_one_that_does_not_sum_is_refused(app: FastAPI, signed_in: SignIn, found: Attribution) -> None:
    changed = found.model_dump(mode="json") | {"real": str(found.real + Decimal("0.01"))}
    app.state.sources.lake.store.put(f"{_address(found)}.json", json.dumps(changed).encode())
    answer = signed_in().get(f"/trading/{_address(found)}")
    assert answer.status_code == 422
    assert "nothing unexplained" in answer.text


def test_one_of_the_demo_that_does_not_sum_leaves_the_bridges(
    settings: Settings, signed_in: SignIn, found: Attribution
) -> None:
    demo = settings.home / "demo"
    demo.mkdir(parents=True)
    whole = {"ticks": 1, "attribution": found.model_dump(mode="json")}
    (demo / "SYNEUR.json").write_text(json.dumps(whole))
    assert f"/trading/{_address(found)}" in signed_in().get("/trading").text
    whole["attribution"]["real"] = "1e9"
    (demo / "SYNEUR.json").write_text(json.dumps(whole))
    answer = signed_in().get("/trading")
    assert answer.status_code == 200
    assert "Expected an attribution" in answer.text


@pytest.mark.parametrize("day", ["2024-01-17", "yesterday"])
def test_a_day_that_nobody_explained_says_what_explains_it(signed_in: SignIn, day: str) -> None:
    answer = signed_in().get(f"/trading/attribution/EURUSD/{day}")
    assert (answer.status_code, "ops/attribution" in answer.text) in ((404, True), (422, False))
