from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from serving.endpoint.models.in_service import MOST_BEFORE
from ticklake_assets.modeling.deployed.archive import LARGEST
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint


@pytest.mark.parametrize("passed", [True, False])
def test_a_bundle_that_passed_is_live_and_every_other_a_shadow(
    endpoint: RunningEndpoint, *, passed: bool
) -> None:
    response = endpoint.push(make_deployment(endpoint.settings.keys_dir, "GBPJPY", passed=passed))
    body = response.json()
    assert response.status_code == 201
    assert (body["symbol"], body["mode"], len(body["digest"])) == (
        "GBPJPY",
        "live" if passed else "shadow",
        64,
    )


@pytest.mark.parametrize("data", [b"", b"not a zip"])
def test_garbage_is_refused(endpoint: RunningEndpoint, data: bytes) -> None:
    response = endpoint.push(data)
    assert response.status_code == 422
    assert "The deployment cannot be read. Expected a zip" in response.json()["error"]


def test_a_tampered_bundle_is_refused_and_says_why(endpoint: RunningEndpoint) -> None:
    tampered = make_deployment(endpoint.settings.keys_dir, "EURUSD").replace(b'"EURUSD"', b'"EURGBP"')
    response = endpoint.push(tampered)
    assert response.status_code == 422
    assert "Expected" in response.json()["error"]
    assert not [model for model in endpoint.get("/v1/models").json() if model["symbol"].startswith("EUR")]


def test_a_body_beyond_any_bundle_is_not_read_to_its_end(endpoint: RunningEndpoint) -> None:
    response = endpoint.push(bytes(LARGEST + 1))
    assert response.status_code == 413
    assert "Expected at most" in response.json()["error"]


def test_an_endpoint_without_the_public_key_says_what_is_missing(tmp_path: Path) -> None:
    with running_endpoint(tmp_path / "home") as keyless:
        response = keyless.push(make_deployment(tmp_path / "elsewhere", "EURUSD"))
    assert response.status_code == 503
    assert "signing.pub" in response.json()["error"]


def test_pushes_at_once_all_succeed_and_disk_agrees_with_memory(tmp_path: Path) -> None:
    with running_endpoint(tmp_path) as endpoint:
        keys = endpoint.settings.keys_dir
        deployments = [make_deployment(keys, "SYNEUR", seed=seed) for seed in range(16)]
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(endpoint.push, deployments))
        (in_service,) = endpoint.get("/v1/models").json()
    assert [answer.status_code for answer in answers] == [201] * 16
    kept = {path.name for path in (tmp_path / "endpoint" / "models" / "SYNEUR").iterdir()}
    assert len(kept) == 1 + 1 + MOST_BEFORE
    with running_endpoint(tmp_path) as again:
        assert again.get("/v1/models").json() == [in_service]


def test_an_older_bundle_does_not_replace_a_newer_live_one(tmp_path: Path) -> None:
    with running_endpoint(tmp_path) as endpoint:
        keys = endpoint.settings.keys_dir
        days = [date(2024, 1, 3), date(2024, 1, 4), date(2024, 1, 2)]
        answers = [endpoint.push(make_deployment(keys, "SYNEUR", as_of=day)) for day in days]
        old_shadow = endpoint.push(make_deployment(keys, "SYNEUR", passed=False, as_of=days[-1]))
        other_symbol = endpoint.push(make_deployment(keys, "SYNJPY", as_of=days[-1]))
        modes = [(m["symbol"], m["mode"], m["as_of"]) for m in endpoint.get("/v1/models").json()]
    assert [answer.status_code for answer in answers] == [201, 201, 422]
    assert "Expected an as_of of 2024-01-04 or later, was 2024-01-02" in answers[-1].json()["error"]
    assert (old_shadow.status_code, other_symbol.status_code) == (201, 201)
    assert modes == [
        ("SYNEUR", "live", "2024-01-04"),
        ("SYNEUR", "shadow", "2024-01-02"),
        ("SYNJPY", "live", "2024-01-02"),
    ]
