from __future__ import annotations

import httpx

from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint


def test_health_needs_no_token(endpoint: RunningEndpoint) -> None:
    assert httpx.get(endpoint.url + "/healthz").json() == {"status": "ok"}
