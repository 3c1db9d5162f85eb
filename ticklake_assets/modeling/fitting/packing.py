"""Make the signed bundle of a validated model: from here on its bytes are fixed."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.folds import Fold
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.quotes import RULES_VERSION
from ticklake_assets.core.schemas import names
from ticklake_assets.modeling.deployed.bundle import build_bundle
from ticklake_assets.modeling.deployed.manifest import (
    BundleManifest,
    DayRange,
    OrderRules,
    SampleSizes,
    WindowDays,
)
from ticklake_assets.modeling.fitting.training import Trained
from ticklake_assets.modeling.fitting.validation import ValidationReport


def pack(
    trained: Trained,
    validated: ValidationReport,
    fold: Fold,
    instrument: Instrument,
    dataset: Mapping[str, str],
    key: Ed25519PrivateKey,
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
    return build_bundle(manifest, trained.pattern_onnx, trained.anomaly_json, key)
