"""The kernel of one row against ONNX Runtime, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.deployed.onnx_scoring import INPUT, PROBABILITIES, OnnxModel
from ticklake_assets.modeling.deployed.trees import Trees, proven, trees_of
from ticklake_assets_tests.modeling.markets import market, run_fold

FEATURES = 4
ODD = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, 3e38, -3e38)


def ensemble(
    trees: list[list[dict[str, Any]]], base: tuple[float, ...] = (0.1, -0.2, 0.3), **more: Any
) -> bytes:
    """An ONNX file of trees: a node is `feature`, `value`, `below`, `other`, or a `leaf` of a class."""
    told = [(tree, number, node) for tree, nodes in enumerate(trees) for number, node in enumerate(nodes)]
    leaves = [(tree, number, node) for tree, number, node in told if "leaf" in node]
    inner = [{"feature": 0, "value": 0.0, "below": 0, "other": 0, "nan": 0, **node} for *_, node in told]
    attributes = {
        "nodes_treeids": [tree for tree, *_ in told],
        "nodes_nodeids": [number for _, number, _ in told],
        "nodes_modes": ["LEAF" if "leaf" in node else "BRANCH_LT" for node in inner],
        "nodes_featureids": [node["feature"] for node in inner],
        "nodes_values": [0.0 if "leaf" in node else node["value"] for node in inner],
        "nodes_truenodeids": [node["below"] for node in inner],
        "nodes_falsenodeids": [node["other"] for node in inner],
        "nodes_missing_value_tracks_true": [node["nan"] for node in inner],
        "class_treeids": [tree for tree, *_ in leaves],
        "class_nodeids": [number for _, number, _ in leaves],
        "class_ids": [node["leaf"] for *_, node in leaves],
        "class_weights": [node["value"] for *_, node in leaves],
        "classlabels_int64s": [0, 1, 2],
        "base_values": list(base),
        "post_transform": "SOFTMAX",
        **more,
    }
    given = {name: values for name, values in attributes.items() if values != []}  # onnx writes no empty list
    node = helper.make_node(
        "TreeEnsembleClassifier", [INPUT], ["label", PROBABILITIES], domain="ai.onnx.ml", **given
    )
    graph = helper.make_graph(
        [node],
        "trees",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, FEATURES])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, [None, 3]),
        ],
    )
    opset = [helper.make_opsetid("ai.onnx.ml", 1)]
    return bytes(helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString())


def leaf(of: int, value: float) -> dict[str, Any]:
    return {"leaf": of, "value": value}


def stump(feature: int, value: float, of: int, *, nan: int = 0) -> list[dict[str, Any]]:
    root = {"feature": feature, "value": value, "below": 1, "other": 2, "nan": nan}
    return [root, leaf(of, 0.25), leaf(of, -0.75)]


def of_one_row(model: OnnxModel, rows: Floats) -> Floats:
    return np.array([model.probabilities_of(row) for row in rows])


def test_a_fitted_model_is_walked_to_the_runtimes_bits() -> None:
    model = OnnxModel(run_fold().trained.pattern_onnx)
    assert model.trees is not None
    nodes, rng = model.trees.nodes, np.random.default_rng(7)
    rows = market().events.features[rng.integers(0, len(market().events.features), 5_000)]
    for feature in range(rows.shape[1]):
        known = nodes["value"][nodes["feature"] == feature]
        if len(known):  # half of the rows lie on a threshold or a float32 beside one
            near = rng.choice(np.concatenate([known, np.nextafter(known, np.inf, dtype=np.float32)]), 5_000)
            rows[:, feature] = np.where(rng.random(5_000) < 0.5, near, rows[:, feature])
    rows[rng.random(rows.shape) < 0.01] = rng.choice(ODD)
    assert of_one_row(model, rows).tobytes() == model.probabilities(rows).tobytes()


numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
stumps = st.builds(stump, st.integers(0, FEATURES - 1), numbers, st.integers(0, 2), nan=st.integers(0, 1))
single_leaves = st.builds(lambda of, value: [leaf(of, value)], st.integers(0, 2), st.floats(-9, 9, width=32))


@given(st.lists(stumps | single_leaves, min_size=1, max_size=6), st.data())
def test_any_trees_are_walked_to_the_runtimes_bits(trees: list[Any], data: st.DataObject) -> None:
    """Missing values that go either way, values on a threshold, trees of a single leaf."""
    model = OnnxModel(ensemble(trees))
    assert model.trees is not None
    values = st.sampled_from([*(node["value"] for tree in trees for node in tree), *ODD])
    rows = np.array(data.draw(st.lists(st.lists(values, min_size=4, max_size=4), min_size=1, max_size=8)))
    assert of_one_row(model, rows).tobytes() == model.probabilities(rows).tobytes()


@pytest.mark.parametrize(
    "data",
    [
        ensemble([]),
        ensemble([stump(0, 0.5, 1)], post_transform="NONE"),
        ensemble([stump(0, 0.5, 1)], base=()),
        ensemble([stump(0, 0.5, 1)], nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"]),
        ensemble(  # a leaf of two weights
            [[leaf(0, 1.0)]],
            class_treeids=[0, 0], class_nodeids=[0, 0], class_ids=[0, 1], class_weights=[1.0, 2.0],
        ),
    ],
)  # fmt: skip
def test_of_another_form_the_runtime_answers(data: bytes) -> None:
    model, rows = OnnxModel(data), np.random.default_rng(1).normal(size=(20, FEATURES))
    assert model.trees is None
    assert of_one_row(model, rows).tobytes() == model.probabilities(rows).tobytes()


@pytest.mark.parametrize(
    "data",
    [
        ensemble([stump(FEATURES, 0.5, 1)]),
        ensemble([stump(0, 0.5, 3)]),
        ensemble([[{"feature": 0, "value": 0.0, "below": 0, "other": 0}]]),  # it never ends
        ensemble([[{"feature": 0, "value": 0.0, "below": 7, "other": 8}, leaf(0, 1.0), leaf(0, 1.0)]]),
        ensemble([stump(0, 0.5, 1)], nodes_values=[0.5, 0.5]),
        b"\x3b",
        b"\x3a\x7f",
        b"",
    ],
)
def test_no_walk_leaves_the_row_or_never_ends(data: bytes) -> None:
    assert trees_of(data, FEATURES) is None


def test_a_kernel_with_other_bits_is_not_used() -> None:
    data = ensemble([stump(0, 0.5, 0), stump(1, 0.25, 1, nan=1), stump(2, -0.5, 2)])
    runtime, trees = OnnxModel(data).probabilities, trees_of(data, FEATURES)
    assert trees is not None
    assert proven(trees, FEATURES, runtime)
    for name in ("value", "nan_is_below"):
        assert not proven(_changed(trees, name), FEATURES, runtime)


def _changed(trees: Trees, name: str) -> Trees:
    """One threshold a bit higher, or missing values that go the other way."""
    nodes = trees.nodes.copy()
    nodes[name][3] = (
        not nodes[name][3] if name == "nan_is_below" else np.nextafter(nodes[name][3], np.float32(9))
    )
    return trees._replace(nodes=nodes)
