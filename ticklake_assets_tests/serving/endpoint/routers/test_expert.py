"""`GET /v1/models/{symbol}/expert`."""

from __future__ import annotations

import io
import zipfile

from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint


def test_a_model_in_service_is_told_as_an_expert(endpoint: RunningEndpoint) -> None:
    keys = endpoint.settings.keys_dir
    shadow = endpoint.push(make_deployment(keys, "USDJPY", passed=False, seed=2)).json()["digest"]
    live = endpoint.push(make_deployment(keys, "USDJPY", seed=3)).json()["digest"]
    for query, digest, tradable in (("", live, "true"), (f"?digest={shadow}", shadow, "false")):
        answer = endpoint.get(f"/v1/models/USDJPY/expert{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            model = archive.read("model.mqh").decode()
            assert {"ticklake_USDJPY.mq5", "pattern.onnx", "README.txt"} <= set(archive.namelist())
        assert f'MODEL_DIGEST = "{digest}"' in model
        assert f"MODEL_IS_TRADABLE = {tradable};" in model
        assert "EXPIRES_US = 1708041600000000;" in model  # 2024-02-16, as /v1/models says


def test_a_symbol_without_a_model_has_no_expert(endpoint: RunningEndpoint) -> None:
    for path in ("/v1/models/NZDUSD/expert", "/v1/models/USDJPY/expert?digest=0"):
        answer = endpoint.get(path)
        assert answer.status_code == 404
        assert "Expected one" in answer.json()["error"]
