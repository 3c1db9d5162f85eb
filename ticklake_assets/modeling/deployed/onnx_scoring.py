"""Run the pattern model's ONNX file: what validation, simulation and endpoint all decide on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ticklake_assets.core.errors import BundleError
from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.deployed.trees import proven, trees_of

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, IOBinding

INPUT, PROBABILITIES, CLASSES = "features", "probabilities", 3

Singles = NDArray[np.float32]


def as_model_input(features: Floats) -> Singles:
    """Cast features to the float32 that trees were grown on: the one place where precision is dropped."""
    return np.ascontiguousarray(features, dtype=np.float32)


class OnnxModel:
    """A loaded ONNX classifier of three classes.

    One intra-op and one inter-op thread: with several the bits of 33-62 % of the rows changed; with one, a
    row alone and the row in a batch agree. One row is walked by a kernel where that was proven to have the runtime's
    bits.
    """

    def __init__(self, data: bytes) -> None:
        self._session = _open_session(data)
        given = [each.name for each in self._session.get_inputs()]
        outputs = [each.name for each in self._session.get_outputs()]
        if given != [INPUT] or PROBABILITIES not in outputs:
            raise BundleError(
                "The pattern model has another signature. "
                f"Expected {INPUT} -> {PROBABILITIES}, was {given} -> {outputs}"
            )
        self.outputs = tuple(outputs)
        self.feature_count = int(self._session.get_inputs()[0].shape[1])
        # The runtime reads and writes these arrays in place, which saves a quarter of a row's time.
        self._row, self._answer = (
            np.zeros((1, self.feature_count), np.float32),
            np.zeros((1, CLASSES), np.float32),
        )
        self._bound = _bound(self._session, self._row, self._answer)
        trees = trees_of(data, self.feature_count)
        is_proven = trees is not None and proven(trees, self.feature_count, self.probabilities)
        self.trees = trees if is_proven else None
        """None where the file is of another form, or this machine's kernel has other bits: the runtime answers then."""

    def probabilities(self, features: Floats) -> Floats:
        """Class probabilities (short wins, neither, long wins) of rows (n, F): shape (n, 3)."""
        result = self._session.run([PROBABILITIES], {INPUT: as_model_input(features)})[0]
        return np.asarray(result, dtype=np.float64)

    def probabilities_of(self, row: Floats) -> list[float]:
        """The same of one row (F,): one thread at a time, as the runtime keeps its buffers."""
        if self.trees is not None:
            return self.trees.probabilities_of(row)
        self._row[0] = as_model_input(row)
        self._session.run_with_iobinding(self._bound)
        values: list[float] = self._answer[0].tolist()
        return values


def _bound(session: InferenceSession, row: Singles, answer: Singles) -> IOBinding:
    from onnxruntime import OrtValue

    bound = session.io_binding()
    bound.bind_ortvalue_input(INPUT, OrtValue.ortvalue_from_numpy(row))
    bound.bind_ortvalue_output(PROBABILITIES, OrtValue.ortvalue_from_numpy(answer))
    return bound


def _open_session(data: bytes) -> InferenceSession:
    """Load a model into ONNX Runtime; BundleError where it is none.

    The runtime is imported here, with its telemetry off: it decides once, on import, so that no importer of this
    module has to remember the switch.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    # What it raises for a file that it cannot run; the classes share no base but Exception.
    refusals = (
        ValueError,
        state.Fail,
        state.InvalidArgument,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.NotImplemented,
        state.RuntimeException,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except refusals as error:
        raise BundleError(f"The pattern model does not load. Expected an ONNX file: {error}") from None
