from __future__ import annotations

from pathlib import Path

import pytest

from ticklake_assets.modeling.archive import LARGEST
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
