from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Gauge

from ticklake_assets.commands.alerts import Message
from ticklake_assets.commands.metrics import make_server

POSTED = {
    "version": "4",
    "status": "firing",
    "groupLabels": {"alertname": "FeedStale"},
    "alerts": [
        {
            "status": "firing",
            "labels": {
                "alertname": "FeedStale",
                "severity": "critical",
                "symbol": "EURUSD",
                "job": "endpoint",
            },
            "annotations": {"summary": "No tick of EURUSD for 7m", "description": "since noon"},
            "startsAt": "2024-01-15T12:00:00Z",
        },
        {
            "status": "resolved",
            "labels": {
                "alertname": "TargetDown",
                "severity": "critical",
                "job": "nifi",
                "instance": "127.0.0.1:1",
            },
            "annotations": {"summary": "nifi does not answer"},
        },
    ],
}
TOLD = [
    Message("FeedStale", "EURUSD", "No tick of EURUSD for 7m\nsince noon"),
    Message("TargetDown is over", "nifi", "nifi does not answer"),
]
OWN = {"Authorization": "Bearer right"}


class Served:
    def __init__(self, port: int, told: list[Message]) -> None:
        self.told = told
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False)

    def post(self, content: Any, **headers: str) -> httpx.Response:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.client.post("/alerts", content=body, headers=headers)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    token, told, registry = tmp_path / "token", list[Message](), CollectorRegistry()
    token.write_text("right\n")
    Gauge("ticklake_example", "an example", registry=registry).set(7)
    with make_server(0, registry, token, told.append) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield Served(server.server_port, told)
        server.shutdown()


def test_figures_are_served(served: Served) -> None:
    answer = served.client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert "\nticklake_example 7.0\n" in answer.text
    assert served.client.get("/healthz").text == "ok\n"
    assert served.client.get("/other").status_code == 404


def test_alerts_are_told_in_words(served: Served) -> None:
    assert served.post(POSTED, **OWN).status_code == 200
    assert served.told == TOLD


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "right"}])
def test_who_has_no_token_tells_nothing(served: Served, given: dict[str, str]) -> None:
    assert served.post(POSTED, **given).status_code == 401
    assert served.told == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 422),
        ({"version": "5", "alerts": []}, 422),
        ({"version": "4", "alerts": [{"status": "firing"}]}, 422),
        (b"x" * (1 << 20) + b"x", 413),
    ],
)
def test_what_is_no_post_of_alertmanager_is_refused(served: Served, content: Any, status: int) -> None:
    assert served.post(content, **OWN).status_code == status
    assert served.told == []


def test_without_a_token_there_is_no_receiver() -> None:
    with make_server(0, CollectorRegistry(), None, lambda message: None) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        assert Served(server.server_port, []).post(POSTED, **OWN).status_code == 404
        server.shutdown()
