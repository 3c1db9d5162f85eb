from __future__ import annotations

from dataclasses import asdict

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint


def test_models_say_what_they_are_and_what_they_came_from(endpoint: RunningEndpoint) -> None:
    digest = endpoint.push(make_deployment(endpoint.settings.keys_dir, "XAUUSD", seed=9)).json()["digest"]
    (model,) = [each for each in endpoint.get("/v1/models").json() if each["symbol"] == "XAUUSD"]
    costs = model.pop("costs")
    assert {name: _plain(value) for name, value in asdict(instrument_of("XAUUSD").costs).items()} == costs
    assert model == {
        "digest": digest,
        "symbol": "XAUUSD",
        "mode": "live",
        "as_of": "2024-01-02",
        "verdict": "passed",
        "dataset": {"version": "seed-9"},
        "expires": "2024-02-16T00:00:00+00:00",
    }


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
