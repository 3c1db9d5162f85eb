"""No library phones home once the switches are off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ticklake_assets_tests.serving.deployments import make_deployment

REPOSITORY = Path(__file__).resolve().parent.parent
PROBE = """
import importlib.util, json
from ticklake_assets.telemetry import turn_off_telemetry
turn_off_telemetry()

import dvc.analytics
from dagster._core.telemetry_upload import is_running_in_test as dagster_refuses_to_upload
from mlflow.telemetry.client import get_telemetry_client
import great_expectations
import onnx, onnxruntime
from onnx import TensorProto, helper

x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "graph", [x], [y])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": [1.0]})

print(json.dumps({
    "dvc": dvc.analytics.is_enabled(),
    "mlflow": get_telemetry_client() is not None,
    "dagster": not dagster_refuses_to_upload(),
    "great_expectations": importlib.util.find_spec("great_expectations.analytics") is not None,
}))
"""

SCORING_PROBE = """
import sys
from pathlib import Path
from serving.endpoint.models.model import Model

folder = Path(sys.argv[1])
Model.load((folder / "model.zip").read_bytes(), folder / "keys")
assert "onnxruntime" in sys.modules
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def report(home: Path) -> dict[str, Any]:
    """What the libraries say in a process that is neither a test nor CI, and that had them switched on."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "MLFLOW_DISABLE_TELEMETRY": "false",
        "ORT_DISABLE_TELEMETRY": "0",
        "DVC_NO_ANALYTICS": "",
    }
    answer = subprocess.run(
        [sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    facts: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return facts


# great_expectations: 1.24 dropped its analytics; should the module return, its switch must be asked here.
@pytest.mark.parametrize("library", ["dagster", "dvc", "great_expectations", "mlflow"])
def test_the_library_reports_telemetry_as_off(report: dict[str, Any], library: str) -> None:
    assert report[library] is False


def test_onnxruntime_leaves_no_device_id_behind(home: Path, report: dict[str, Any]) -> None:
    """It has no question to ask; switched on, it writes an id and a queue of events into the home folder."""
    assert not [path for path in home.rglob("*") if "onnxruntime" in str(path)]


def test_scoring_is_silent_whoever_imports_it(tmp_path: Path) -> None:
    """Also a program that never heard of `turn_off_telemetry`."""
    home = tmp_path / "home"
    home.mkdir()
    deployment = make_deployment(tmp_path / "keys", "SYNEUR")
    (tmp_path / "model.zip").write_bytes(deployment)
    answer = subprocess.run(
        [sys.executable, "-c", SCORING_PROBE, str(tmp_path)],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "ORT_DISABLE_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert list(home.rglob("*")) == []


def test_seaweedfs_is_started_with_its_flag() -> None:
    """Its statistics have no other switch than this one on the command line."""
    starting_it = subprocess.run(
        ["git", "grep", "-l", '"mini"', "--", "*.py", "*.sh", f":!{Path(__file__).relative_to(REPOSITORY)}"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "stack/services/seaweedfs.py" in starting_it
    assert [name for name in starting_it if "telemetry=false" not in (REPOSITORY / name).read_text()] == []
