"""Deployments for tests: real ONNX, real signatures, gates that say what the test wants."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.live_cleaner import RawTick
from ticklake_assets.core.live_replay import replay_day
from ticklake_assets.core.quotes import RULES_VERSION
from ticklake_assets.core.schemas import names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Quotes
from ticklake_assets.modeling.deployed.admission import build_deployment
from ticklake_assets.modeling.deployed.anomaly import AnomalyModel, fit_anomaly
from ticklake_assets.modeling.deployed.bundle import BundleParts, build_bundle
from ticklake_assets.modeling.deployed.calibration import Calibration
from ticklake_assets.modeling.deployed.decision import Thresholds
from ticklake_assets.modeling.deployed.gates import GATES, evaluate
from ticklake_assets.modeling.deployed.golden import Decider, GoldenTicks, make_golden
from ticklake_assets.modeling.deployed.manifest import (
    BundleManifest,
    CalibrationNumbers,
    DayRange,
    LedgerState,
    OrderRules,
    SampleSizes,
    ThresholdNumbers,
    WindowDays,
)
from ticklake_assets.modeling.deployed.onnx_scoring import INPUT, PROBABILITIES, OnnxModel
from ticklake_assets.modeling.deployed.reference import Reference, make_reference, minutes_of
from ticklake_assets.modeling.deployed.scorer import Scorer
from ticklake_assets.modeling.deployed.signing import signing_key
from ticklake_assets_tests.core.quote_builders import random_quotes

_COUNT = len(FEATURES)
AS_OF = date(2024, 1, 2)
LEDGER = LedgerState(since="2024-01-01T00:00:00+00:00", entries=1, sha256="0" * 64, here=1, elsewhere=0)
"""Of whoever judged what is deployed here."""


class Seen(NamedTuple):
    """Days that a model's reference is of."""

    quotes: Quotes
    events: DayFeatures


def make_manifest(
    symbol: str, *, seed: int = 1, kernel: str = KERNEL_VERSION, act: float = 0.4, as_of: date = AS_OF
) -> BundleManifest:
    """A manifest whose anomaly threshold abstains from nothing."""
    days = DayRange.of([date(2024, 1, 1)])
    return BundleManifest(
        symbol=symbol,
        as_of=as_of,
        kernel_version=kernel,
        cleaning_rules=RULES_VERSION,
        label_version=label_version(instrument_of(symbol)),
        features=tuple(names(FEATURES)),
        windows=WindowDays(train=days, validation=days, test=days),
        dataset={"version": f"seed-{seed}"},
        order=OrderRules.of(instrument_of(symbol)),
        calibration=CalibrationNumbers.of(Calibration()),
        thresholds=ThresholdNumbers.of(Thresholds(act, 1e9, ())),
        samples=SampleSizes(
            train_events=1, train_effective=1.0, validation_events=1, validation_effective=1.0
        ),
        parameters={},
    )


def make_bundle(
    keys_dir: Path,
    symbol: str,
    *,
    seed: int = 1,
    kernel: str = KERNEL_VERSION,
    pattern_onnx: bytes | None = None,
    as_of: date = AS_OF,
    golden_of: int | None = None,
    seen: Seen | None = None,
) -> bytes:
    """A random linear model that takes both sides about equally often, unless there is a real one.

    With `golden_of` its golden ticks expect the signals of that seed's model; its reference is of what was `seen`, else
    of the golden day.
    """
    rng = np.random.default_rng(seed)
    anomaly = fit_anomaly(rng.normal(size=(300, _COUNT)), tuple(names(FEATURES)))
    manifest = make_manifest(symbol, seed=seed, kernel=kernel, as_of=as_of)
    onnx = pattern_onnx or _linear_onnx(rng)
    tested = onnx if golden_of is None else _linear_onnx(np.random.default_rng(golden_of))
    golden, reference = _evidence(manifest, tested, anomaly, seen)
    parts = BundleParts(onnx, anomaly.to_json(), golden.canonical(), reference.canonical())
    return build_bundle(manifest, parts, signing_key(keys_dir))


def _evidence(
    manifest: BundleManifest, onnx: bytes, anomaly: AnomalyModel, seen: Seen | None
) -> tuple[GoldenTicks, Reference]:
    """Of a day of few ticks that move as much as many."""
    day = SymbolDay(manifest.symbol, manifest.windows.validation.first)
    quotes, raw, events = _market(day)
    calibration, thresholds = manifest.calibration.plain(), manifest.thresholds.plain()
    scorer = Scorer(OnnxModel(onnx), calibration, anomaly, thresholds.feed)
    instrument = instrument_of(manifest.symbol)
    golden = make_golden(day, raw, Decider(scorer, thresholds, instrument))
    quotes, events = seen or Seen(quotes, events)
    predictions = scorer.score_rows(events.features)
    minutes = minutes_of(quotes, instrument.pip)
    return golden, make_reference(events.features, names(FEATURES), predictions, minutes, 0.5)


@cache
def _market(day: SymbolDay) -> tuple[Quotes, list[RawTick], DayFeatures]:
    quotes = random_quotes(700, day=day, gap_ms=20_000)
    raw: list[RawTick] = list(zip(*(column.tolist() for column in quotes), strict=True))
    return quotes, raw, replay_day(day, raw)


def make_deployment(
    keys_dir: Path,
    symbol: str,
    *,
    passed: bool = True,
    seed: int = 1,
    pattern_onnx: bytes | None = None,
    as_of: date = AS_OF,
    golden_of: int | None = None,
    seen: Seen | None = None,
) -> bytes:
    """What `POST /v1/bundles` takes; rejected unless `passed`."""
    values = {gate.name: _value(gate.at_least, gate.above, gate.at_most) for gate in GATES}
    if not passed:
        values["deflated_sharpe"] = 0.0
    report = evaluate(values)
    assert report.verdict == ("passed" if passed else "rejected")
    bundle = make_bundle(
        keys_dir, symbol, seed=seed, pattern_onnx=pattern_onnx, as_of=as_of, golden_of=golden_of, seen=seen
    )
    return build_deployment(bundle, report, LEDGER, signing_key(keys_dir))


def _value(at_least: float | None, above: float | None, at_most: float | None) -> float:
    if above is not None:
        return above + 1
    return at_least if at_least is not None else at_most or 0.0


def _linear_onnx(rng: np.random.Generator) -> bytes:
    """Softmax of random weights on the direction-like features; `neither` never wins."""
    directed = [column.name.startswith(("momentum", "imbalance", "return")) for column in FEATURES]
    weights = (rng.normal(size=(_COUNT, 3)) * np.array(directed)[:, None]).astype(np.float32)
    bias = np.array([0.0, -50.0, 0.0], dtype=np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", [INPUT, "weights"], ["weighted"]),
            helper.make_node("Add", ["weighted", "bias"], ["scores"]),
            helper.make_node("Softmax", ["scores"], [PROBABILITIES], axis=1),
        ],
        "linear",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, _COUNT])],
        [helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, [None, 3])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    return bytes(model.SerializeToString())
