"""The pattern model's trees, walked by a compiled kernel: one row in half of ONNX Runtime's time, with its bits.

The numbers are those of the signed file. The runtime adds the leaves in float32 in the order of the trees, then the
base values, and takes the softmax in float32 (`tree_ensemble_aggregator.h` of ONNX Runtime); so does `_walk`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ticklake_assets.core.tables import Floats, Ints
from ticklake_assets.modeling.deployed.onnx_file import only_node

_CLASSES = 3
_NODE = np.dtype(
    [
        ("feature", np.int32),  # of a leaf: -1 - class
        ("value", np.float32),  # threshold, or the leaf's weight
        ("below", np.int32),  # where to go on with a smaller value
        ("other", np.int32),
        ("nan_is_below", np.bool_),
    ]
)
_MODES = {b"BRANCH_LT", b"LEAF"}
_PROBES = 256


class Trees(NamedTuple):
    """Nodes of all trees in the file's order."""

    nodes: NDArray[Any]
    roots: Ints
    base: NDArray[np.float32]

    def probabilities_of(self, row: Floats) -> list[float]:
        """Class probabilities (short wins, neither, long wins) of a row (F,) as the kernel wrote it."""
        return list(_walk(row, self.nodes, self.roots, self.base))


def trees_of(data: bytes, features: int) -> Trees | None:
    """The trees of an ONNX file that the runtime loads; None where it is of another form than XGBoost's."""
    try:
        found = only_node(data)
        return _trees(found[1], features) if found and found[0] == "TreeEnsembleClassifier" else None
    except (KeyError, ValueError, OverflowError):  # an attribute that XGBoost's have, or its length
        return None


def _trees(given: dict[str, Any], features: int) -> Trees | None:
    if not (
        given.get("post_transform") == b"SOFTMAX"
        and given.get("classlabels_int64s") == list(range(_CLASSES))
        and len(given.get("base_values", ())) == _CLASSES
        and set(given["nodes_modes"]) <= _MODES
    ):
        return None
    names = list(zip(given["nodes_treeids"], given["nodes_nodeids"], strict=True))
    place = {name: at for at, name in enumerate(names)}
    leaves = list(zip(given["class_treeids"], given["class_nodeids"], strict=True))
    is_leaf = np.array([mode == b"LEAF" for mode in given["nodes_modes"]])
    if sorted(leaves) != sorted(name for name, leaf in zip(names, is_leaf.tolist(), strict=True) if leaf):
        return None  # a leaf of several weights, or of none
    nodes = np.zeros(len(names), _NODE)
    nodes["feature"], nodes["value"] = given["nodes_featureids"], given["nodes_values"]
    nodes["nan_is_below"] = given["nodes_missing_value_tracks_true"]
    for branch, ids in (("below", "nodes_truenodeids"), ("other", "nodes_falsenodeids")):
        children = [place.get((tree, child), -1) for (tree, _), child in zip(names, given[ids], strict=True)]
        nodes[branch] = children
    at = np.array([place[leaf] for leaf in leaves], np.int64)
    nodes["feature"][at], nodes["value"][at] = -1 - np.array(given["class_ids"]), given["class_weights"]
    roots = np.array([place[name] for name in dict.fromkeys((tree, 0) for tree, _ in names)], np.int64)
    return Trees(nodes, roots, given["base_values"]) if _is_sound(nodes, is_leaf, features) else None


def _is_sound(nodes: NDArray[Any], is_leaf: NDArray[np.bool_], features: int) -> bool:
    """Whether a walk ends and stays inside: the kernel does not look. Children stand behind their parents."""
    inner, place = nodes[~is_leaf], np.flatnonzero(~is_leaf)
    return bool(
        (nodes["feature"][is_leaf] >= -_CLASSES).all()
        and ((inner["feature"] >= 0) & (inner["feature"] < features)).all()
        and ((inner["below"] > place) & (inner["other"] > place)).all()
    )


def proven(trees: Trees, features: int, runtime: Callable[[Floats], Floats]) -> bool:
    """Whether the kernel has the runtime's bits on this machine: rows of the model's own thresholds tell it.

    Values lie on a threshold, or a float32 beside it, where a wrong comparison shows; some are NaN.
    """
    rng = np.random.default_rng(0)
    rows = np.zeros((_PROBES, features))
    for feature in range(features):
        known = trees.nodes["value"][trees.nodes["feature"] == feature]
        if len(known):
            chosen = rng.choice(known, _PROBES)
            towards = rng.choice(np.array([-np.inf, 0, np.inf], np.float32), _PROBES)
            rows[:, feature] = np.where(towards == 0, chosen, np.nextafter(chosen, towards))
    rows[rng.random(rows.shape) < 0.02] = np.nan
    own = np.array([trees.probabilities_of(row) for row in rows])
    return own.tobytes() == runtime(rows).tobytes()


@njit(cache=True, nogil=True)
def _walk(
    row: Floats, nodes: NDArray[Any], roots: Ints, base: NDArray[np.float32]
) -> tuple[float, float, float]:
    scores = np.zeros(_CLASSES, np.float32)
    for root in roots:
        node = nodes[root]
        while node["feature"] >= 0:
            value = np.float32(row[node["feature"]])
            is_below = value < node["value"] or (node["nan_is_below"] and np.isnan(value))
            node = nodes[node["below"] if is_below else node["other"]]
        scores[-1 - node["feature"]] += node["value"]
    scores += base
    top, total = scores.max(), np.float32(0)
    for index in range(_CLASSES):
        scores[index] = exp(scores[index] - top)
        total += scores[index]
    scores /= total
    return float(scores[0]), float(scores[1]), float(scores[2])
