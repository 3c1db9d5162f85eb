from __future__ import annotations

import httpx
import pytest

from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint


def _post(endpoint: RunningEndpoint, path: str, body: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {endpoint.token}"}
    return httpx.post(endpoint.url + path, json=body, headers=headers, timeout=30)


def test_a_breaker_is_opened_and_closed_by_hand_with_a_reason(endpoint: RunningEndpoint) -> None:
    assert endpoint.get("/v1/breakers/AUDUSD").json() == {
        "open": False,
        "by_hand": False,
        "hand_reason": None,
        "hand_at": None,
        "troubles": [],
    }
    opened = _post(endpoint, "/v1/breakers/AUDUSD", {"action": "open", "reason": "rate decision"})
    assert (opened.status_code, opened.json()["open"]) == (200, True)
    assert endpoint.get("/v1/breakers/AUDUSD").json() == opened.json()
    closed = _post(endpoint, "/v1/breakers/AUDUSD", {"action": "close", "reason": "it is out"}).json()
    assert (closed["open"], closed["by_hand"], closed["hand_reason"]) == (False, False, "it is out")


@pytest.mark.parametrize(
    "body", [{}, {"action": "open"}, {"action": "burn", "reason": "x"}, {"action": "open", "reason": ""}]
)
def test_a_hand_says_what_and_why(endpoint: RunningEndpoint, body: dict[str, str]) -> None:
    assert _post(endpoint, "/v1/breakers/AUDUSD", body).status_code == 422


@pytest.mark.parametrize("path", ["/v1/breakers/NOSUCH", "/v1/watch/NOSUCH", "/v1/watch/AUDUSD"])
def test_what_is_not_there_is_404(endpoint: RunningEndpoint, path: str) -> None:
    answer = endpoint.get(path)
    assert answer.status_code == 404
    assert "Expected" in answer.json()["error"]
