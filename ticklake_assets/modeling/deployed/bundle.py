"""A signed model bundle: the file that is tested is the file that is deployed.

Two documents, each signed with Ed25519:

* the *bundle* (`bundle.zip`), built at validation, before any test day is seen: manifest, pattern.onnx and
  anomaly.json. Its digest (sha256 of the manifest's bytes) names it everywhere and never changes;
* the *gate record*, written after the test: the gates' table and verdict, naming that digest.

`POST /v1/bundles` takes both in one *deployment* zip: `bundle.zip`, `gate_record.json`, `gate_record.sig`.

    data = build_bundle(manifest, pattern_onnx, anomaly_json, key)       # model/validated
    bundle = open_bundle(data, public)                                   # model/tested
    archive = build_deployment(data, gate_report, key)                   # deploy/endpoint
    deployment = open_deployment(archive, public)                        # the endpoint
    deployment.tradable, deployment.bundle.digest                         # False: a shadow that only scores
    scorer, thresholds = deployment.bundle.scorer(), deployment.bundle.thresholds
    event = MarketEvent.at(ts_us, context_row, deployment.bundle.instrument)
    decision = decide(event, scorer.score(feature_row), thresholds, deployment.bundle.instrument)

Everything here loads without XGBoost, Optuna, MLflow and Dagster. Whatever misfits is a BundleError.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ticklake_assets.core.bundle_files import ANOMALY, MANIFEST, PATTERN, SIGNATURE, digest_of
from ticklake_assets.core.errors import BundleError
from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.instruments import Instrument, instrument_of
from ticklake_assets.core.schemas import names
from ticklake_assets.modeling.deployed.anomaly import AnomalyModel
from ticklake_assets.modeling.deployed.archive import read_archive, write_archive
from ticklake_assets.modeling.deployed.decision import Thresholds
from ticklake_assets.modeling.deployed.document import read_document
from ticklake_assets.modeling.deployed.gates import GATES, PASSED, GateReport
from ticklake_assets.modeling.deployed.manifest import SCHEMA_VERSION, BundleManifest, GateRecord, OrderRules
from ticklake_assets.modeling.deployed.onnx_scoring import OnnxModel
from ticklake_assets.modeling.deployed.scorer import Scorer
from ticklake_assets.modeling.deployed.signing import verify

_BUNDLE, _RECORD, _RECORD_SIGNATURE = "bundle.zip", "gate_record.json", "gate_record.sig"


@dataclass(frozen=True)
class Bundle:
    """An opened bundle whose signature, members, kernel, features and instrument were verified."""

    manifest: BundleManifest
    digest: str
    """sha256 of the manifest's bytes, hexadecimal."""
    pattern_onnx: bytes
    anomaly_json: bytes
    instrument: Instrument
    """The symbol's facts, which agree with the manifest's order rules."""

    @cached_property
    def thresholds(self) -> Thresholds:
        return self.manifest.thresholds.plain()

    def scorer(self) -> Scorer:
        """Load the models; about 10 ms, so keep the result."""
        anomaly = AnomalyModel.from_json(self.anomaly_json)
        _expect("features of the anomaly model", self.manifest.features, anomaly.features)
        pattern = OnnxModel(self.pattern_onnx)
        return Scorer(pattern, self.manifest.calibration.plain(), anomaly, self.thresholds.feed)


@dataclass(frozen=True)
class Deployment:
    """What the endpoint loads: a bundle and the signed record of the gates that judged it."""

    bundle: Bundle
    record: GateRecord

    @property
    def tradable(self) -> bool:
        """Whether signals may become orders; otherwise the model is a shadow that only scores."""
        return self.record.report.verdict == PASSED


def build_bundle(
    manifest: BundleManifest, pattern_onnx: bytes, anomaly_json: bytes, key: Ed25519PrivateKey
) -> bytes:
    """Zip and sign the models; the same input and key give the same bytes. Fills in the members' digests."""
    members = {ANOMALY: anomaly_json, PATTERN: pattern_onnx}
    digests = {name: sha256(data).hexdigest() for name, data in members.items()}
    text = manifest.model_copy(update={"members": digests}).canonical()
    return write_archive({MANIFEST: text, SIGNATURE: key.sign(text), **members})


def open_bundle(data: bytes, key: Ed25519PublicKey) -> Bundle:
    """Verify and open `bundle.zip`; BundleError names whatever misfits."""
    members = read_archive(data, {MANIFEST, SIGNATURE, PATTERN, ANOMALY}, "bundle")
    text = members[MANIFEST]
    verify(key, members[SIGNATURE], text, "bundle's manifest")
    manifest = read_document(BundleManifest, text, "bundle's manifest")
    _expect("schema version of the bundle", SCHEMA_VERSION, manifest.schema_version)
    if manifest.kernel_version != KERNEL_VERSION:
        raise BundleError(
            f"The kernel version of the bundle does not fit: {manifest.symbol} as of {manifest.as_of} needs feature "
            f"kernel {manifest.kernel_version}. Expected {KERNEL_VERSION}, was {manifest.kernel_version}: train it "
            "again on a dataset of this kernel, or score it with the code of its own"
        )
    _expect("features of the bundle", tuple(names(FEATURES)), manifest.features)
    for name in (PATTERN, ANOMALY):
        _expect(f"sha256 of {name}", manifest.members.get(name), sha256(members[name]).hexdigest())
    instrument = instrument_of(manifest.symbol)
    _expect("order rules of the bundle", OrderRules.of(instrument), manifest.order)
    return Bundle(manifest, digest_of(text), members[PATTERN], members[ANOMALY], instrument)


def build_deployment(bundle: bytes, report: GateReport, key: Ed25519PrivateKey) -> bytes:
    """Put the tested file, byte for byte, beside the signed record of its gates."""
    opened = open_bundle(bundle, key.public_key())
    record = GateRecord(bundle=opened.digest, symbol=opened.manifest.symbol, report=report).canonical()
    return write_archive({_BUNDLE: bundle, _RECORD: record, _RECORD_SIGNATURE: key.sign(record)})


def open_deployment(data: bytes, key: Ed25519PublicKey) -> Deployment:
    """Verify and open what was pushed: the bundle, and that the record judges this bundle by today's gates.

    Every value is judged again: rows that merely say `passed`, or that an older threshold let through, are
    refused.
    """
    members = read_archive(data, {_BUNDLE, _RECORD, _RECORD_SIGNATURE}, "deployment")
    verify(key, members[_RECORD_SIGNATURE], members[_RECORD], "gate record")
    record = read_document(GateRecord, members[_RECORD], "gate record")
    bundle = open_bundle(members[_BUNDLE], key)
    _expect("schema version of the gate record", SCHEMA_VERSION, record.schema_version)
    _expect("bundle that the gate record names", bundle.digest, record.bundle)
    _expect("symbol of the gate record", bundle.manifest.symbol, record.symbol)
    _expect(
        "gates of the gate record", [gate.name for gate in GATES], [row.name for row in record.report.rows]
    )
    for gate, row in zip(GATES, record.report.rows, strict=True):
        again = gate.judge(row.value)
        _expect(f"threshold of gate {gate.name}", again.threshold, row.threshold)
        _expect(f"role of gate {gate.name}", again.role, row.role)
        _expect(f"judgement of gate {gate.name}", again.passed, row.passed)
    _expect("verdict of the gate record", record.report.implied_verdict(), record.report.verdict)
    return Deployment(bundle, record)


def _expect(what: str, expected: object, actual: object) -> None:
    if expected != actual:
        raise BundleError(f"The {what} does not fit. Expected {expected}, was {actual}")
