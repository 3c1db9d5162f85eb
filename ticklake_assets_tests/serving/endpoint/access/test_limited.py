from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ticklake_assets.modeling.deployed.archive import LARGEST
from ticklake_assets_tests.serving.raw_socket import connected
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, bearer, running_endpoint


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with running_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running


def test_an_address_that_asks_too_often_waits_and_health_does_not(tmp_path: Path) -> None:
    with running_endpoint(tmp_path, endpoint_requests_s=0.1) as slow:
        first, second = slow.get("/v1/models"), slow.get("/v1/models")
        assert (first.status_code, second.status_code) == (200, 429)
        assert 1 <= int(second.headers["retry-after"]) <= 10
        assert second.json() == {"error": "Too many requests. Expected at most 0.1 a second, was more"}
        assert len(second.headers["x-request-id"]) == 16
        for path in ("/healthz", "/readyz"):
            assert {httpx.get(slow.url + path).status_code for _ in range(5)} == {200}


def _codes(endpoint: RunningEndpoint, callers: list[str]) -> list[int]:
    headers = [bearer(endpoint.token) | {"X-Forwarded-For": caller} for caller in callers]
    return [httpx.get(endpoint.url + "/v1/models", headers=each).status_code for each in headers]


def test_behind_a_proxy_each_callers_own_address_counts(tmp_path: Path) -> None:
    with running_endpoint(tmp_path, endpoint_requests_s=0.1, endpoint_behind_proxy="127.0.0.1") as proxied:
        assert _codes(proxied, ["10.0.0.1", "10.0.0.2", "10.0.0.1"]) == [200, 200, 429]


def test_without_a_proxy_nobodys_word_on_an_address_counts(tmp_path: Path) -> None:
    with running_endpoint(tmp_path, endpoint_requests_s=0.1) as unproxied:
        assert _codes(unproxied, ["10.0.0.1", "10.0.0.2"]) == [200, 429]


@pytest.mark.parametrize(("path", "most"), [("/v1/models", 4 << 20), ("/v1/bundles", LARGEST)])
def test_a_declared_body_that_is_too_large_is_refused_before_it_comes(
    endpoint: RunningEndpoint, path: str, most: int
) -> None:
    token, length = f"Authorization: Bearer {endpoint.token}", f"Content-Length: {most + 1}"
    head = "\r\n".join([f"POST {path} HTTP/1.1", "Host: x", token, length, "\r\n"])
    with connected(endpoint.url, head) as caller:
        told = caller.recv(1 << 16)
    assert b" 413 " in told.splitlines()[0]
    assert f"Expected at most {most} bytes".encode() in told


def test_a_body_of_undeclared_length_is_counted(endpoint: RunningEndpoint) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(65):
            yield bytes(1 << 20)

    answer = httpx.post(
        endpoint.url + "/v1/bundles", content=parts(), headers=bearer(endpoint.token), timeout=30
    )
    assert (answer.status_code, answer.json()) == (
        413,
        {"error": f"The body is too large. Expected at most {LARGEST} bytes"},
    )
