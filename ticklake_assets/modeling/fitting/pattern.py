"""The pattern model: XGBoost on triple-barrier outcomes, shipped as ONNX.

XGBoost and the converter are imported where they are used: two seconds that only a training pays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.metrics import average_uniqueness
from ticklake_assets.core.tables import Events, Floats
from ticklake_assets.modeling.deployed.onnx_scoring import CLASSES, INPUT, OnnxModel, as_model_input

if TYPE_CHECKING:
    import xgboost

TREES = 60
MIN_CHILD_WEIGHT = 20.0
"""In effective labels: uniqueness weights make a leaf of fewer a memory, not a pattern."""
BINS = 64
"""Some 60 events a bin; 256 took twice the time for the same loss."""
THREADS = 1
"""On a busy machine two threads wait for each other: 70 s instead of 5 for the same 24 fits."""
LARGEST_DIFFERENCE = 1e-6
"""Between booster and ONNX; measured 4e-7 on 200 trees."""
_OPSET = 15
"""Old enough for MetaTrader 5's runtime; the tree operator itself has not changed since ai.onnx.ml 1."""


class PatternParameters(NamedTuple):
    """What tuning may choose."""

    depth: int = 3
    learning_rate: float = 0.08
    row_share: float = 0.7
    """Rows that each tree sees."""
    feature_share: float = 0.6
    """Features that each tree sees."""
    leaf_penalty: float = 5.0
    """L2 penalty of the leaves."""


def label_weights(events: Events) -> Floats:
    """Average uniqueness of each label: overlapping ones share one move; the sum is the sample size."""
    return average_uniqueness(events.ts_us, events.known_at_us)


def fit_pattern(events: Events, parameters: PatternParameters, seed: int) -> xgboost.Booster:
    """Fit probabilities of short wins, neither, long wins; the same input and seed give the same trees."""
    import xgboost

    if len(np.unique(events.outcome)) < CLASSES:
        raise DataError(
            f"Training needs every outcome. Expected the classes 0, 1 and 2, was {np.unique(events.outcome)}"
        )
    settings = {
        "objective": "multi:softprob",
        "num_class": CLASSES,
        "tree_method": "hist",
        "max_depth": parameters.depth,
        "eta": parameters.learning_rate,
        "subsample": parameters.row_share,
        "colsample_bytree": parameters.feature_share,
        "lambda": parameters.leaf_penalty,
        "min_child_weight": MIN_CHILD_WEIGHT,
        "seed": seed,
        "max_bin": BINS,
        "nthread": THREADS,
    }
    rows = xgboost.DMatrix(
        as_model_input(events.features), label=events.outcome, weight=label_weights(events), nthread=THREADS
    )
    return xgboost.train(settings, rows, TREES)


def predict(booster: xgboost.Booster, features: Floats) -> Floats:
    """Class probabilities (n, 3) by the booster itself: for tuning inside the train window only."""
    import xgboost

    booster.set_param({"nthread": THREADS})
    result = booster.predict(xgboost.DMatrix(as_model_input(features), nthread=THREADS))
    return np.asarray(result, dtype=np.float64)


def contributions(booster: xgboost.Booster, features: Floats) -> Floats:
    """What each feature adds to each class's log odds against the others: shape (n, 3, F), in float32's precision.

    TreeSHAP (Lundberg et al., From local explanations to global understanding with explainable AI for trees, 2020) of
    the classes' margins, less its mean over the classes: a softmax does not notice what all of them share.
    """
    import xgboost

    booster.set_param({"nthread": THREADS})
    rows = xgboost.DMatrix(as_model_input(features), nthread=THREADS)
    parts = np.asarray(booster.predict(rows, pred_contribs=True), dtype=np.float64)[:, :, :-1]
    centred: Floats = parts - parts.mean(axis=1, keepdims=True)
    return centred


def booster_bytes(booster: xgboost.Booster) -> bytes:
    """XGBoost's own JSON of the trees, kept beside the ONNX file to compare with; `load_booster` reads it."""
    return bytes(booster.save_raw("json"))


def load_booster(data: bytes) -> xgboost.Booster:
    import xgboost

    return xgboost.Booster(model_file=bytearray(data))


def to_onnx(booster: xgboost.Booster) -> bytes:
    """Convert to ONNX; the same trees give the same bytes."""
    from onnxmltools.convert import convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    shape = [None, booster.num_features()]
    model = convert_xgboost(
        booster, name="pattern", initial_types=[(INPUT, FloatTensorType(shape))], target_opset=_OPSET
    )
    return bytes(model.SerializeToString())


def assert_equal_scores(booster: xgboost.Booster, onnx: bytes, features: Floats) -> float:
    """Compare booster and ONNX on rows (n, F); the largest difference, DataError above 1e-6."""
    difference = np.abs(predict(booster, features) - OnnxModel(onnx).probabilities(features))
    largest = float(difference.max(initial=0.0))
    if largest > LARGEST_DIFFERENCE:
        raise DataError(f"ONNX file and booster differ. Expected at most {LARGEST_DIFFERENCE}, was {largest}")
    return largest


def feature_importance(booster: xgboost.Booster, features: tuple[str, ...]) -> dict[str, float]:
    """Share of the total gain by feature, largest first; features that no tree uses are left out."""
    gains = booster.get_score(importance_type="total_gain")
    named = {features[int(key[1:])]: float(np.sum(gain)) for key, gain in gains.items()}
    total = sum(named.values()) or 1.0
    return {name: gain / total for name, gain in sorted(named.items(), key=lambda item: -item[1])}
