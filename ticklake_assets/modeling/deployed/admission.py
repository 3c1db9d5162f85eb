"""What the endpoint admits, and what it refuses: a bundle with the signed record of the gates that judged it.

`POST /v1/bundles` takes both in one zip: `bundle.zip`, `gate_record.json`, `gate_record.sig`, and `model_card.md` with
the verdict. The record is written after the test and names the bundle's digest and the card's.

    archive = build_deployment(bundle, gate_report, ledger_state, key)   # deploy/endpoint
    deployment = open_deployment(archive, public)                        # the endpoint
    deployment.tradable, deployment.bundle.digest                        # False: a shadow that only scores

Whatever misfits is a BundleError.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ticklake_assets.core.bundle_files import CARD
from ticklake_assets.modeling.deployed.archive import read_archive, write_archive
from ticklake_assets.modeling.deployed.bundle import Bundle, expect_fit, open_bundle
from ticklake_assets.modeling.deployed.card import card_markdown
from ticklake_assets.modeling.deployed.document import read_document
from ticklake_assets.modeling.deployed.gates import GATES, PASSED, GateReport
from ticklake_assets.modeling.deployed.manifest import SCHEMA_VERSION, ActedRisk, GateRecord, LedgerState
from ticklake_assets.modeling.deployed.signing import verify

_BUNDLE, _RECORD, _RECORD_SIGNATURE = "bundle.zip", "gate_record.json", "gate_record.sig"


@dataclass(frozen=True)
class Deployment:
    """What the endpoint loads: a bundle and the signed record of the gates that judged it."""

    bundle: Bundle
    record: GateRecord
    card: str
    """The model card with the verdict, Markdown."""

    @property
    def tradable(self) -> bool:
        """Whether signals may become orders; otherwise the model is a shadow that only scores."""
        return self.record.report.verdict == PASSED


def build_deployment(
    bundle: bytes,
    report: GateReport,
    ledger: LedgerState,
    key: Ed25519PrivateKey,
    tested: ActedRisk | None = None,
) -> bytes:
    """Put the tested file, byte for byte, beside the signed record of its gates."""
    opened = open_bundle(bundle, key.public_key())
    card = card_markdown(opened.manifest, report).encode()
    judged = GateRecord(
        bundle=opened.digest,
        symbol=opened.manifest.symbol,
        costs=opened.manifest.order.costs.version,
        card=sha256(card).hexdigest(),
        report=report,
        ledger=ledger,
        tested=tested,
    )
    record = judged.canonical()
    members = {_BUNDLE: bundle, _RECORD: record, _RECORD_SIGNATURE: key.sign(record), CARD: card}
    return write_archive(members)


def open_deployment(data: bytes, key: Ed25519PublicKey) -> Deployment:
    """Verify and open what was pushed: the bundle, and that the record judges this bundle by today's gates.

    Every value is judged again: rows that merely say `passed`, or that an older threshold let through, are
    refused.
    """
    members, record = _record(data, key)
    bundle = open_bundle(members[_BUNDLE], key)
    expect_fit("schema version of the gate record", SCHEMA_VERSION, record.schema_version)
    expect_fit("bundle that the gate record names", bundle.digest, record.bundle)
    expect_fit("symbol of the gate record", bundle.manifest.symbol, record.symbol)
    expect_fit("cost profile of the gate record", bundle.manifest.order.costs.version, record.costs)
    expect_fit(f"sha256 of {CARD}", record.card, sha256(members[CARD]).hexdigest())
    expect_fit(
        "gates of the gate record", [gate.name for gate in GATES], [row.name for row in record.report.rows]
    )
    for gate, row in zip(GATES, record.report.rows, strict=True):
        again = gate.judge(row.value)
        expect_fit(f"threshold of gate {gate.name}", again.threshold, row.threshold)
        expect_fit(f"role of gate {gate.name}", again.role, row.role)
        expect_fit(f"judgement of gate {gate.name}", again.passed, row.passed)
    expect_fit("verdict of the gate record", record.report.implied_verdict(), record.report.verdict)
    return Deployment(bundle, record, members[CARD].decode())


def gate_record(data: bytes, key: Ed25519PublicKey) -> GateRecord:
    """The signed record alone, of whatever code its bundle is: to be read, not traded by."""
    return _record(data, key)[1]


def _record(data: bytes, key: Ed25519PublicKey) -> tuple[dict[str, bytes], GateRecord]:
    members = read_archive(data, {_BUNDLE, _RECORD, _RECORD_SIGNATURE, CARD}, "deployment")
    verify(key, members[_RECORD_SIGNATURE], members[_RECORD], "gate record")
    return members, read_document(GateRecord, members[_RECORD], "gate record")
