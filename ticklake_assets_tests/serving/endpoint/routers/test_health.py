from __future__ import annotations

import shutil
from pathlib import Path

import httpx

from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint


def test_health_needs_no_token(endpoint: RunningEndpoint) -> None:
    assert httpx.get(endpoint.url + "/healthz").json() == {"status": "ok"}


def test_readiness_says_how_each_part_is_and_why_not(tmp_path: Path) -> None:
    with running_endpoint(tmp_path) as endpoint:
        answer = httpx.get(endpoint.url + "/readyz")
        assert (answer.status_code, answer.json()) == (
            200,
            {
                "status": "ready",
                "parts": {"clock": "sane", "journal": "writable", "models": "none in service"},
            },
        )
        shutil.rmtree(tmp_path / "endpoint")
        answer = httpx.get(endpoint.url + "/readyz")
        assert (answer.status_code, answer.json()) == (
            503,
            {"error": "Not ready: journal: the disk refuses (No such file or directory)"},
        )
        assert httpx.get(endpoint.url + "/healthz").is_success
