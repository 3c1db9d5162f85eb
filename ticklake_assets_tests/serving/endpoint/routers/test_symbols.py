from __future__ import annotations

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
