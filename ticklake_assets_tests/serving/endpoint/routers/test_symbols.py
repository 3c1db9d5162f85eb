from __future__ import annotations

from pathlib import Path

import pytest

from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint


def test_a_symbol_states_its_grid_and_costs(endpoint: RunningEndpoint) -> None:
    told = endpoint.get("/v1/symbols/GBPJPY").json()
    costs = told.pop("costs")
    assert told == {
        "symbol": "GBPJPY",
        "digits": 3,
        "point": 0.001,
        "pip": 0.01,
        "stops_level_points": 0,
    }
    assert (costs["profile"], costs["slippage_pips"], costs["swap_short_pips"]) == ("dukascopy", 0.2, 3.42)
    assert costs["commission"] == {"share": 35e-6, "fixed": 0.0}
    assert costs["nights"] == [1, 1, 3, 1, 1, 0, 0]


def test_an_unknown_symbol_is_named(endpoint: RunningEndpoint) -> None:
    response = endpoint.get("/v1/symbols/ABCDEF")
    assert response.status_code == 404
    assert "Symbol 'ABCDEF' has no metadata" in response.json()["error"]


def test_a_symbol_of_the_users_own_file_is_known(
    endpoint: RunningEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(
        '[XAGUSD]\nkind = "metal"\ncalendar = "metals"\ndigits = 3\npip = 0.01\nmin_open_ticks = 1\n'
        "windows = { train_days = 10, validate_days = 3, test_days = 3 }\nprice = 24.5\nstops_level_points = 7\n"
    )
    monkeypatch.setenv("TICKLAKE_INSTRUMENTS", str(own))
    told = endpoint.get("/v1/symbols/XAGUSD").json()
    assert (told["digits"], told["pip"], told["stops_level_points"]) == (3, 0.01, 7)
    assert told["costs"]["account"]["reference_price"] == 24.5
