from __future__ import annotations

from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint


def test_a_symbol_states_its_grid_and_costs(endpoint: RunningEndpoint) -> None:
    assert endpoint.get("/v1/symbols/GBPJPY").json() == {
        "symbol": "GBPJPY",
        "digits": 3,
        "point": 0.001,
        "pip": 0.01,
        "latency_ms": 200,
        "slippage_pips": 0.2,
        "commission_pips": 0.0,
        "swap_pips": 1.0,
        "stops_level_points": 0,
    }


def test_an_unknown_symbol_is_named(endpoint: RunningEndpoint) -> None:
    response = endpoint.get("/v1/symbols/ABCDEF")
    assert response.status_code == 404
    assert "Symbol 'ABCDEF' has no metadata" in response.json()["error"]
