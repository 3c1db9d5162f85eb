from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ticklake_assets.core.errors import BundleError
from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets.modeling.deployed.archive import read_archive, write_archive
from ticklake_assets.modeling.deployed.bundle import (
    Bundle,
    build_bundle,
    build_deployment,
    open_bundle,
    open_deployment,
)
from ticklake_assets.modeling.deployed.gates import GATES, GateReport, evaluate
from ticklake_assets.modeling.deployed.signing import signing_key
from ticklake_assets.modeling.fitting.packing import pack
from ticklake_assets_tests.modeling.markets import keys, market, run_fold

BUNDLE_MEMBERS = {"manifest.json", "signature", "pattern.onnx", "anomaly.json"}
DEPLOYMENT_MEMBERS = {"bundle.zip", "gate_record.json", "gate_record.sig"}
Change = Callable[[dict[str, Any]], object]


def packed() -> bytes:
    run = run_fold()
    return pack(run.trained, run.validated, run.fold, market().instrument, {"version": "test"}, keys())


def report(**changes: float | None) -> GateReport:
    values: dict[str, float | None] = {gate.name: 1.0 for gate in GATES}
    values |= {"test_days": 6.0, "trades": 200.0, "calibration_error": 0.01, "coverage": 0.98, "pbo": None}
    values |= {"own_fold_calibration_error": 0.01, "lost_skill": 0.3}
    return evaluate(values | changes)


def opened(data: bytes) -> Bundle:
    return open_bundle(data, keys().public_key())


def resigned(change: Change) -> bytes:
    """The bundle with another manifest that the right key signed: only its content can be refused."""
    members = read_archive(packed(), BUNDLE_MEMBERS, "bundle")
    manifest = json.loads(members["manifest.json"])
    change(manifest)
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()
    return write_archive({**members, "manifest.json": text, "signature": keys().sign(text)})


def test_the_same_models_give_the_same_bytes_and_open_again() -> None:
    run = run_fold()
    assert packed() == packed()
    bundle = opened(packed())
    assert bundle.digest == run.bundle.digest
    assert bundle.thresholds == run.validated.thresholds.plain()
    assert bundle.manifest.samples.train_effective == run.trained.report.effective
    assert bundle.scorer().score(market().events.features[0]).anomaly > 0


@pytest.mark.parametrize("member", sorted(BUNDLE_MEMBERS))
def test_a_changed_member_is_noticed(member: str) -> None:
    members = read_archive(packed(), BUNDLE_MEMBERS, "bundle")
    changed = bytearray(members[member])
    changed[len(changed) // 2] ^= 1
    with pytest.raises(BundleError, match="does not fit"):
        opened(write_archive({**members, member: bytes(changed)}))


def test_another_signer_is_refused(tmp_path: Path) -> None:
    run = run_fold()
    data = build_bundle(
        run.bundle.manifest, run.trained.pattern_onnx, run.trained.anomaly_json, signing_key(tmp_path)
    )
    with pytest.raises(BundleError, match="signature of the bundle's manifest"):
        opened(data)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda m: m.update(kernel_version="0"), f"kernel version .* Expected {KERNEL_VERSION}, was 0"),
        (lambda m: m["features"].reverse(), "features of the bundle"),
        (lambda m: m.update(schema_version=99), "schema version .* was 99"),
        (lambda m: m.update(extra=1), "misfits at extra"),
        (lambda m: m.pop("thresholds"), "misfits at thresholds"),
        (lambda m: m["thresholds"].update(act=None), "misfits at thresholds.act"),
        (lambda m: m["order"].update(latency_ms=0), "order rules"),
        (lambda m: m["members"].update({"pattern.onnx": "0" * 64}), "sha256 of pattern.onnx"),
    ],
    ids=["kernel", "features", "schema", "unknown", "missing", "null", "order", "member"],
)
def test_a_rightly_signed_misfit_is_refused(change: Change, reason: str) -> None:
    with pytest.raises(BundleError, match=reason):
        opened(resigned(change))


def test_the_deployed_file_is_the_tested_file() -> None:
    data = packed()
    archive = build_deployment(data, report(), keys())
    assert read_archive(archive, DEPLOYMENT_MEMBERS, "deployment")["bundle.zip"] == data
    deployment = open_deployment(archive, keys().public_key())
    assert deployment.tradable
    assert deployment.record.bundle == run_fold().bundle.digest
    assert build_deployment(data, report(), keys()) == archive


@pytest.mark.parametrize(
    ("change", "verdict"),
    [({"deflated_sharpe": 0.9}, "rejected"), ({"trades": 99.0}, "insufficient_evidence")],
)
def test_a_model_that_did_not_pass_is_a_shadow(change: dict[str, float | None], verdict: str) -> None:
    judged = report(**change)
    deployment = open_deployment(build_deployment(packed(), judged, keys()), keys().public_key())
    assert judged.verdict == verdict
    assert not deployment.tradable


def redeployed(change: Change) -> bytes:
    """A deployment of a rejected model whose gate record was changed and rightly signed."""
    members = read_archive(
        build_deployment(packed(), report(deflated_sharpe=0.5), keys()), DEPLOYMENT_MEMBERS, "deployment"
    )
    record = json.loads(members["gate_record.json"])
    change(record)
    text = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
    return write_archive({**members, "gate_record.json": text, "gate_record.sig": keys().sign(text)})


def say_passed(record: dict[str, Any]) -> None:
    """What somebody writes who may sign and wants to trade: every row passed, whatever its value."""
    record["report"].update(verdict="passed", reasons=[])
    for row in record["report"]["rows"]:
        row["passed"] = True


def row_of(record: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in record["report"]["rows"] if row["name"] == name)


def lower_the_bar(record: dict[str, Any]) -> None:
    say_passed(record)
    row_of(record, "deflated_sharpe").update(threshold=">= 0.4")


def make_optional(record: dict[str, Any]) -> None:
    record["report"].update(verdict="passed", reasons=[])
    row_of(record, "deflated_sharpe").update(value=None, passed=None, role="when_known")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (say_passed, "judgement of gate deflated_sharpe .* Expected False, was True"),
        (lower_the_bar, "threshold of gate deflated_sharpe .* Expected >= 0.95, was >= 0.4"),
        (make_optional, "role of gate deflated_sharpe .* Expected required, was when_known"),
        (
            lambda r: row_of(r, "pbo").update(passed=True),
            "judgement of gate pbo .* Expected None, was True",
        ),
        (lambda r: r["report"].update(verdict="passed"), "verdict of the gate record .* Expected rejected"),
        (lambda r: r.update(bundle="0" * 64), "bundle that the gate record names"),
        (lambda r: r.update(symbol="SYNJPY"), "symbol of the gate record"),
        (lambda r: r.update(schema_version=0), "schema version of the gate record"),
        (lambda r: r["report"]["rows"].pop(3), "gates of the gate record"),
    ],
    ids=["values", "threshold", "role", "unknown", "verdict", "digest", "symbol", "schema", "gates"],
)
def test_a_gate_record_that_does_not_fit_is_refused(change: Change, reason: str) -> None:
    with pytest.raises(BundleError, match=reason):
        open_deployment(redeployed(change), keys().public_key())


def test_an_unsigned_verdict_is_refused() -> None:
    members = read_archive(
        build_deployment(packed(), report(trades=1.0), keys()), DEPLOYMENT_MEMBERS, "deployment"
    )
    passed = read_archive(build_deployment(packed(), report(), keys()), DEPLOYMENT_MEMBERS, "deployment")
    with pytest.raises(BundleError, match="signature of the gate record"):
        open_deployment(
            write_archive({**members, "gate_record.json": passed["gate_record.json"]}), keys().public_key()
        )


def test_serving_loads_no_training_library() -> None:
    code = (
        "import sys, ticklake_assets.modeling.deployed.bundle, ticklake_assets.modeling.deployed.decision;"
        "print([m for m in ('xgboost','optuna','mlflow','dagster','pandas','pyarrow','onnx','sklearn','matplotlib')"
        " if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
