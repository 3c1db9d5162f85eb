"""Make the signed bundle of a validated model: from here on its bytes are fixed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.folds import Fold
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.live_cleaner import RawTick
from ticklake_assets.core.quotes import RULES_VERSION
from ticklake_assets.core.schemas import names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Events
from ticklake_assets.modeling.deployed.anomaly import AnomalyModel
from ticklake_assets.modeling.deployed.bundle import BundleParts, build_bundle
from ticklake_assets.modeling.deployed.decision import decide, market_events
from ticklake_assets.modeling.deployed.golden import Decider, GoldenTicks, make_golden
from ticklake_assets.modeling.deployed.manifest import (
    BundleManifest,
    DayRange,
    OrderRules,
    SampleSizes,
    WindowDays,
)
from ticklake_assets.modeling.deployed.onnx_scoring import OnnxModel
from ticklake_assets.modeling.deployed.reference import Reference, make_reference, minutes_of
from ticklake_assets.modeling.deployed.scorer import Scorer
from ticklake_assets.modeling.fitting.event_rows import trading_days
from ticklake_assets.modeling.fitting.thresholds import QuotesOf
from ticklake_assets.modeling.fitting.training import Trained
from ticklake_assets.modeling.fitting.validation import ValidationReport


class ValidationDays(NamedTuple):
    """The market that a bundle is validated on, from which it takes its golden ticks and its reference of drift."""

    events: Events
    quotes_of: QuotesOf
    """Clean quotes of a day."""
    ticks_of: Callable[[date], Iterable[RawTick]]
    """Raw ticks of a day, in time order."""


def pack(
    trained: Trained,
    validated: ValidationReport,
    fold: Fold,
    instrument: Instrument,
    dataset: Mapping[str, str],
    key: Ed25519PrivateKey,
    seen: ValidationDays,
) -> bytes:
    """Bundle the trained files with the chosen numbers; `dataset` names what they were made from.

    The same models, numbers, dataset and key give the same bytes: nothing of this run or machine enters.
    """
    manifest = BundleManifest(
        symbol=instrument.symbol,
        as_of=fold.as_of,
        kernel_version=KERNEL_VERSION,
        cleaning_rules=RULES_VERSION,
        label_version=label_version(instrument),
        features=tuple(names(FEATURES)),
        windows=WindowDays(
            train=DayRange.of(fold.train),
            validation=DayRange.of(fold.validate),
            test=DayRange.of(fold.test),
        ),
        dataset=dict(dataset),
        order=OrderRules.of(instrument),
        calibration=validated.calibration,
        thresholds=validated.thresholds,
        samples=SampleSizes(
            train_events=trained.report.events,
            train_effective=trained.report.effective,
            validation_events=validated.events,
            validation_effective=validated.effective,
        ),
        parameters=trained.report.parameters,
    )
    thresholds = validated.thresholds.plain()
    anomaly = AnomalyModel.from_json(trained.anomaly_json)
    pattern, calibration = OnnxModel(trained.pattern_onnx), validated.calibration.plain()
    decider = Decider(Scorer(pattern, calibration, anomaly, thresholds.feed), thresholds, instrument)
    parts = BundleParts(
        trained.pattern_onnx,
        trained.anomaly_json,
        _golden(decider, seen).canonical(),
        _reference(decider, seen).canonical(),
    )
    return build_bundle(manifest, parts, key)


def _golden(decider: Decider, seen: ValidationDays) -> GoldenTicks:
    first = trading_days(seen.events)[0]
    return make_golden(SymbolDay(decider.instrument.symbol, first), list(seen.ticks_of(first)), decider)


def _reference(decider: Decider, seen: ValidationDays) -> Reference:
    scorer, thresholds, instrument = decider
    predictions = scorer.score_rows(seen.events.features)
    acted = [
        decide(event, prediction, thresholds, instrument).is_order
        for event, prediction in zip(market_events(seen.events), predictions, strict=True)
    ]
    minutes = [minutes_of(seen.quotes_of(day), instrument.pip) for day in trading_days(seen.events)]
    return make_reference(
        seen.events.features, names(FEATURES), predictions, np.concatenate(minutes), sum(acted) / len(acted)
    )
