"""A signed model bundle: the file that is tested is the file that is deployed.

The bundle (`bundle.zip`) is built at validation, before any test day is seen: manifest, pattern.onnx, anomaly.json,
golden.json, reference.json and model_card.md, signed with Ed25519. Its digest (sha256 of the manifest's bytes) names it
everywhere and never changes.

    data = build_bundle(manifest, BundleParts(...), key)                 # model/validated
    bundle = open_bundle(data, public)                                   # model/tested, the endpoint
    event = MarketEvent.at(ts_us, context_row, bundle.instrument)
    decision = decide(event, bundle.scorer().score(feature_row), bundle.thresholds, bundle.instrument)

Loads without XGBoost, Optuna, MLflow and Dagster. Whatever misfits is a BundleError.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ticklake_assets.core.bundle_files import (
    ANOMALY,
    CARD,
    GOLDEN,
    MANIFEST,
    PATTERN,
    REFERENCE,
    SIGNATURE,
    digest_of,
    manifest_of,
)
from ticklake_assets.core.errors import BundleError
from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.instruments import Instrument, instrument_of
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.quotes import RULES_VERSION
from ticklake_assets.core.schemas import names
from ticklake_assets.modeling.deployed.anomaly import AnomalyModel
from ticklake_assets.modeling.deployed.archive import LARGEST, read_archive, write_archive
from ticklake_assets.modeling.deployed.card import card_markdown
from ticklake_assets.modeling.deployed.decision import Thresholds
from ticklake_assets.modeling.deployed.document import read_document
from ticklake_assets.modeling.deployed.golden import GoldenTicks
from ticklake_assets.modeling.deployed.manifest import CODE, SCHEMA_VERSION, BundleManifest, OrderRules
from ticklake_assets.modeling.deployed.onnx_scoring import OnnxModel
from ticklake_assets.modeling.deployed.reference import MINUTES, SCORES, Reference
from ticklake_assets.modeling.deployed.scorer import Scorer
from ticklake_assets.modeling.deployed.signing import verify

_MEMBERS = (PATTERN, ANOMALY, GOLDEN, REFERENCE, CARD)


class BundleParts(NamedTuple):
    """The files of a bundle that training and validation made."""

    pattern_onnx: bytes
    anomaly_json: bytes
    golden_json: bytes
    """`golden.GoldenTicks`."""
    reference_json: bytes
    """`reference.Reference`."""


@dataclass(frozen=True)
class Bundle:
    """An opened bundle whose signature, members, kernel, features and instrument were verified."""

    manifest: BundleManifest
    digest: str
    """sha256 of the manifest's bytes, hexadecimal."""
    parts: BundleParts
    card: str
    """The model card as it stood before the test, Markdown."""
    instrument: Instrument
    """The symbol's facts, which agree with the manifest's order rules."""

    @cached_property
    def thresholds(self) -> Thresholds:
        return self.manifest.thresholds.plain()

    def scorer(self) -> Scorer:
        """Load the models; about 10 ms, so keep the result."""
        anomaly = AnomalyModel.from_json(self.parts.anomaly_json)
        expect_fit("features of the anomaly model", self.manifest.features, anomaly.features)
        pattern = OnnxModel(self.parts.pattern_onnx)
        return Scorer(pattern, self.manifest.calibration.plain(), anomaly, self.thresholds.feed)

    @cached_property
    def golden(self) -> GoldenTicks:
        return read_document(GoldenTicks, self.parts.golden_json, GOLDEN)

    @cached_property
    def reference(self) -> Reference:
        found = read_document(Reference, self.parts.reference_json, REFERENCE)
        stated = tuple(column.name for column in found.events)
        expect_fit("quantities of the reference", (*self.manifest.features, *SCORES), stated)
        expect_fit("minutes of the reference", MINUTES, tuple(column.name for column in found.minutes))
        return found


def build_bundle(manifest: BundleManifest, parts: BundleParts, key: Ed25519PrivateKey) -> bytes:
    """Zip and sign models and card; the same input and key give the same bytes. Fills in the members' digests."""
    members = {
        ANOMALY: parts.anomaly_json,
        CARD: card_markdown(manifest).encode(),
        GOLDEN: parts.golden_json,
        PATTERN: parts.pattern_onnx,
        REFERENCE: parts.reference_json,
    }
    digests = {name: sha256(data).hexdigest() for name, data in members.items()}
    text = manifest.model_copy(update={"members": digests}).canonical()
    return write_archive({MANIFEST: text, SIGNATURE: key.sign(text), **members})


def open_bundle(data: bytes, key: Ed25519PublicKey) -> Bundle:
    """Verify and open `bundle.zip`; BundleError names whatever misfits."""
    _expect_schema(data)
    members = read_archive(data, {MANIFEST, SIGNATURE, *_MEMBERS}, "bundle")
    text = members[MANIFEST]
    verify(key, members[SIGNATURE], text, "bundle's manifest")
    manifest = read_document(BundleManifest, text, "bundle's manifest")
    expect_fit("schema version of the bundle", SCHEMA_VERSION, manifest.schema_version)
    expect_rules(manifest)
    for name in _MEMBERS:
        expect_fit(f"sha256 of {name}", manifest.members.get(name), sha256(members[name]).hexdigest())
    return Bundle(
        manifest,
        digest_of(text),
        BundleParts(members[PATTERN], members[ANOMALY], members[GOLDEN], members[REFERENCE]),
        members[CARD].decode(),
        instrument_of(manifest.symbol),
    )


def _expect_schema(data: bytes) -> None:
    """Say of a bundle of another schema that it is one, and not which members it lacks; nothing is trusted here."""
    try:
        stated = (
            json.loads(manifest_of(data, "file"))["schema_version"]
            if len(data) <= LARGEST
            else SCHEMA_VERSION
        )
    except (
        BundleError,
        ValueError,
        TypeError,
        KeyError,
        zipfile.BadZipFile,
        RuntimeError,
        NotImplementedError,
    ):
        return  # whatever this is, reading it says so
    if type(stated) is int and stated != SCHEMA_VERSION:
        raise BundleError(
            f"The schema version of the bundle does not fit. Expected {SCHEMA_VERSION}, which holds golden ticks and "
            f"the reference of drift, was {stated}: make its model again with this code, {CODE}, or use its own code"
        )


def expect_rules(manifest: BundleManifest) -> None:
    """Refuse a bundle that other code decides for: other features, cleaning, labels or orders than its own.

    Raises:
        BundleError: says which rule, whose code made the bundle, and what to do.
    """
    instrument = instrument_of(manifest.symbol)
    rules: dict[str, tuple[object, object]] = {
        "kernel version": (KERNEL_VERSION, manifest.kernel_version),
        "features": (tuple(names(FEATURES)), manifest.features),
        "cleaning rules": (RULES_VERSION, manifest.cleaning_rules),
        "cost profile": (instrument.costs.version, manifest.order.costs.version),
        **_order_rules(instrument, manifest.order),
        "label version": (label_version(instrument), manifest.label_version),
    }
    for what, (expected, actual) in rules.items():
        if expected != actual:
            raise BundleError(
                f"The {what} of the bundle does not fit: {manifest.symbol} as of {manifest.as_of} was made by "
                f"{manifest.code}, kernel {manifest.kernel_version}, cleaning rules {manifest.cleaning_rules}, labels "
                f"{manifest.label_version}. Expected {expected} as in this code, {CODE}, was {actual}: make its gold, "
                "dataset and model again, or use the code of its own"
            )


def _order_rules(instrument: Instrument, stated: OrderRules) -> dict[str, tuple[object, object]]:
    """Each rule of orders by name, as it is here and as the bundle says."""
    here, there = OrderRules.of(instrument).model_dump(), stated.model_dump()
    return {f"order rules ({name})": (here[name], there[name]) for name in here}


def expect_fit(what: str, expected: object, actual: object) -> None:
    """BundleError where what is said differs from what is."""
    if expected != actual:
        raise BundleError(f"The {what} does not fit. Expected {expected}, was {actual}")
