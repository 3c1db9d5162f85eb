"""Keep the libraries from phoning home.

Dagster, MLflow, DVC and ONNX Runtime report on their users unless told otherwise. Switches are environment
variables, which also reach the processes that ticklake starts. Dagster has a second one, `telemetry` in
dagster.yaml; SeaweedFS, which tests and stack/ start, knows only a flag, `-master.telemetry=false`.
"""

from __future__ import annotations

import os

SWITCHES = {
    "DAGSTER_DISABLE_TELEMETRY": "1",  # never uploads, whatever another instance has written to its log
    "DO_NOT_TRACK": "true",  # MLflow compares with this very word
    "DVC_NO_ANALYTICS": "1",
    "GX_ANALYTICS_ENABLED": "false",  # 1.24 sends nothing any more; releases before it do
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime >= 1.29: else a device id in the home folder, and uploads
}


def turn_off_telemetry() -> None:
    """Force every switch off, for this process and its children.

    Call it before importing mlflow or onnxruntime: both decide once, when they are loaded.
    """
    os.environ.update(SWITCHES)
