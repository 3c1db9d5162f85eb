"""A bundle as MLflow keeps models: a folder with MLmodel and signature, the ONNX file, and the bundle itself."""

from __future__ import annotations

import logging
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.schemas import names
from ticklake_assets.modeling.deployed.bundle import Bundle
from ticklake_assets.modeling.deployed.onnx_scoring import CLASSES, PROBABILITIES

BUNDLE = "bundle.zip"
_NEEDS = ("onnx", "onnxruntime", "numpy")


def write_model(folder: Path, bundle: Bundle, data: bytes) -> None:
    """Write the folder, so that `mlflow.pyfunc.load_model("models:/ticklake-SYMBOL@champion")` scores.

    It takes a table of named float32 features and gives the pattern model's raw probabilities of short wins, neither,
    long wins: calibration, anomaly model and thresholds are the bundle's, whose bytes lie beside it as they were
    signed.
    """
    import onnx
    from mlflow.models.signature import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    with warnings.catch_warnings():  # MLflow 3.17, as it loads, complains of type hints of its own
        warnings.filterwarnings("ignore", ".*Any type hint", UserWarning)
        import mlflow.pyfunc  # noqa: F401 - saving loads it, and not before
        from mlflow.onnx import save_model

    logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)  # an environment of uv's has no pip
    needs = [f"{name}=={version(name)}" for name in _NEEDS]  # not stated, MLflow would find out by loading it
    features = Schema([ColSpec("float", name) for name in names(FEATURES)])
    probabilities = Schema([TensorSpec(np.dtype(np.float32), (-1, CLASSES), PROBABILITIES)])
    save_model(
        onnx.load_from_string(bundle.parts.pattern_onnx),
        str(folder),
        signature=ModelSignature(features, probabilities),
        pip_requirements=needs,
        onnx_execution_providers=["CPUExecutionProvider"],
        onnx_session_options={"intra_op_num_threads": 1, "inter_op_num_threads": 1},  # the endpoint's bits
        metadata={"bundle": bundle.digest, "kernel_version": bundle.manifest.kernel_version},
        save_as_external_data=False,
    )
    (folder / BUNDLE).write_bytes(data)
