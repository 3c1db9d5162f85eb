from __future__ import annotations

import httpx

from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint


def _ask(endpoint: RunningEndpoint, method: str, path: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {endpoint.token}"}
    return httpx.request(method, endpoint.url + path, headers=headers, timeout=30)


def test_a_champion_goes_back_and_a_shadow_leaves(endpoint: RunningEndpoint) -> None:
    keys = endpoint.settings.keys_dir
    one, two = (endpoint.push(make_deployment(keys, "USDCHF", seed=seed)).json()["digest"] for seed in (1, 2))
    shadow = endpoint.push(make_deployment(keys, "USDCHF", seed=3, passed=False)).json()["digest"]
    state = endpoint.get("/v1/models/USDCHF").json()
    assert state["champion"]["digest"] == two
    assert [each["digest"] for each in state["shadows"]] == [shadow]
    assert [each["digest"] for each in state["before"]] == [one]
    back = _ask(endpoint, "POST", "/v1/models/USDCHF/rollback")
    assert (back.status_code, back.json()) == (200, {"digest": one, "symbol": "USDCHF", "mode": "live"})
    again = _ask(endpoint, "POST", "/v1/models/USDCHF/rollback")
    assert (again.status_code, "no champion of before" in again.json()["error"]) == (404, True)
    assert _ask(endpoint, "DELETE", f"/v1/models/USDCHF/{one}").status_code == 422
    assert _ask(endpoint, "DELETE", f"/v1/models/USDCHF/{shadow}").status_code == 204
    assert _ask(endpoint, "DELETE", f"/v1/models/USDCHF/{shadow}").status_code == 404
    assert [term["by"] for term in endpoint.get("/v1/models/USDCHF").json()["history"]] == [
        "push",
        "push",
        "rollback",
    ]
