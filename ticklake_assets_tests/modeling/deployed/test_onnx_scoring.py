from __future__ import annotations

import numpy as np
import pytest

from ticklake_assets.core.errors import BundleError
from ticklake_assets.modeling.deployed.onnx_scoring import OnnxModel, as_model_input
from ticklake_assets_tests.modeling.markets import market, run_fold


def test_a_row_alone_has_the_bits_of_the_row_in_any_batch() -> None:
    model, rows = OnnxModel(run_fold().trained.pattern_onnx), market().events.features[:600]
    whole = model.probabilities(rows)
    alone = np.concatenate([model.probabilities(row.reshape(1, -1)) for row in rows])
    odd = np.concatenate([model.probabilities(rows[start : start + 7]) for start in range(0, 600, 7)])
    assert whole.tobytes() == alone.tobytes() == odd.tobytes()
    assert whole.sum(axis=1) == pytest.approx(np.ones(600), abs=1e-6)


def test_features_are_cast_once_and_laid_out_in_rows() -> None:
    rows = np.asfortranarray(market().events.features[:10])
    cast = as_model_input(rows)
    assert cast.dtype == np.float32
    assert cast.flags.c_contiguous
    assert np.array_equal(cast, rows.astype(np.float32))


@pytest.mark.parametrize("data", [b"", b"no model", b"\x08\x01"])
def test_what_is_no_model_is_refused(data: bytes) -> None:
    with pytest.raises(BundleError, match="does not load"):
        OnnxModel(data)


def test_one_row_has_the_bits_of_the_batch() -> None:
    model, rows = OnnxModel(run_fold().trained.pattern_onnx), market().events.features[:200]
    assert [model.probabilities_of(row) for row in rows] == model.probabilities(rows).tolist()
