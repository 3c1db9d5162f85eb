from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ticklake_assets.core.errors import BundleError
from ticklake_assets.modeling.deployed.admission import build_deployment, open_deployment
from ticklake_assets.modeling.deployed.archive import read_archive, write_archive
from ticklake_assets.modeling.deployed.card import card_markdown
from ticklake_assets.modeling.deployed.gates import GATES, GateReport, evaluate
from ticklake_assets_tests.modeling.deployed.packed import packed
from ticklake_assets_tests.modeling.markets import keys, run_fold
from ticklake_assets_tests.serving.deployments import LEDGER

DEPLOYMENT_MEMBERS = {"bundle.zip", "gate_record.json", "gate_record.sig", "model_card.md"}
Change = Callable[[dict[str, Any]], object]


def report(**changes: float | None) -> GateReport:
    values: dict[str, float | None] = {gate.name: 1.0 for gate in GATES}
    values |= {"test_days": 6.0, "trades": 200.0, "calibration_error": 0.01, "coverage": 0.98, "pbo": None}
    values |= {"own_fold_calibration_error": 0.01, "lost_skill": 0.3, "skill_beyond_exposure": 0.01}
    return evaluate(values | changes)


def test_the_deployed_file_is_the_tested_file() -> None:
    data = packed()
    archive = build_deployment(data, report(), LEDGER, keys())
    assert read_archive(archive, DEPLOYMENT_MEMBERS, "deployment")["bundle.zip"] == data
    deployment = open_deployment(archive, keys().public_key())
    assert deployment.tradable
    assert deployment.card == card_markdown(deployment.bundle.manifest, report())
    assert "This chain may trade" in deployment.card
    assert deployment.record.bundle == run_fold().bundle.digest
    assert build_deployment(data, report(), LEDGER, keys()) == archive


@pytest.mark.parametrize(
    ("change", "verdict"),
    [({"deflated_sharpe": 0.9}, "rejected"), ({"trades": 99.0}, "insufficient_evidence")],
)
def test_a_model_that_did_not_pass_is_a_shadow(change: dict[str, float | None], verdict: str) -> None:
    judged = report(**change)
    deployment = open_deployment(build_deployment(packed(), judged, LEDGER, keys()), keys().public_key())
    assert judged.verdict == verdict
    assert not deployment.tradable


def redeployed(change: Change) -> bytes:
    """A deployment of a rejected model whose gate record was changed and rightly signed."""
    members = read_archive(
        build_deployment(packed(), report(deflated_sharpe=0.5), LEDGER, keys()),
        DEPLOYMENT_MEMBERS,
        "deployment",
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
        (lambda r: r.update(costs="dukascopy-0"), "cost profile of the gate record .* Expected synthetic-"),
        (lambda r: r.update(schema_version=0), "schema version of the gate record"),
        (lambda r: r["report"]["rows"].pop(3), "gates of the gate record"),
    ],
    ids=["values", "threshold", "role", "unknown", "verdict", "digest", "symbol", "costs", "schema", "gates"],
)
def test_a_gate_record_that_does_not_fit_is_refused(change: Change, reason: str) -> None:
    with pytest.raises(BundleError, match=reason):
        open_deployment(redeployed(change), keys().public_key())


def test_a_card_that_says_more_than_the_gates_did_is_refused() -> None:
    members = read_archive(
        build_deployment(packed(), report(trades=1.0), LEDGER, keys()), DEPLOYMENT_MEMBERS, "deployment"
    )
    better = members["model_card.md"].replace(b"may not trade", b"may trade")
    assert better != members["model_card.md"]
    with pytest.raises(BundleError, match=r"sha256 of model_card\.md"):
        open_deployment(write_archive({**members, "model_card.md": better}), keys().public_key())


def test_an_unsigned_verdict_is_refused() -> None:
    members = read_archive(
        build_deployment(packed(), report(trades=1.0), LEDGER, keys()), DEPLOYMENT_MEMBERS, "deployment"
    )
    passed = read_archive(
        build_deployment(packed(), report(), LEDGER, keys()), DEPLOYMENT_MEMBERS, "deployment"
    )
    with pytest.raises(BundleError, match="signature of the gate record"):
        open_deployment(
            write_archive({**members, "gate_record.json": passed["gate_record.json"]}), keys().public_key()
        )
