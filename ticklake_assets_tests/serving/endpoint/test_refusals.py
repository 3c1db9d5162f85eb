from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, bearer, running_endpoint


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with running_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("POST", "/v1/bundles?replace_newer=null", 422, "query replace_newer: Expected a valid boolean, was 'null'"),
        ("GET", "/v1/nothing", 404, "There is no /v1/nothing: /openapi.json lists the calls"),
        ("GET", "/docs/scripts/nothing.js", 404, "Not Found"),
        ("GET", "/", 404, "There is no /: /openapi.json lists the calls"),
        ("GET", "/v1/models/", 404, "There is no /v1/models/: /openapi.json lists the calls"),
        ("DELETE", "/v1/models", 405, "Method Not Allowed"),
        ("GET", "/v1/bundles", 405, "Method Not Allowed"),
    ],
)  # fmt: skip
def test_every_error_has_the_one_shape(
    endpoint: RunningEndpoint, method: str, path: str, status: int, error: str
) -> None:
    response = httpx.request(method, endpoint.url + path, headers=bearer(endpoint.token))
    assert (response.status_code, response.json()) == (status, {"error": error})
    assert response.headers["content-type"] == "application/json"
