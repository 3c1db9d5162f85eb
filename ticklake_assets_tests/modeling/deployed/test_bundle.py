from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ticklake_assets.core.errors import BundleError
from ticklake_assets.modeling.deployed.archive import read_archive, write_archive
from ticklake_assets.modeling.deployed.bundle import Bundle, build_bundle, open_bundle
from ticklake_assets.modeling.deployed.card import card_markdown
from ticklake_assets.modeling.deployed.manifest import CODE
from ticklake_assets.modeling.deployed.signing import signing_key
from ticklake_assets_tests.modeling.deployed.packed import packed
from ticklake_assets_tests.modeling.markets import keys, market, run_fold

BUNDLE_MEMBERS = {
    "manifest.json",
    "signature",
    "pattern.onnx",
    "anomaly.json",
    "golden.json",
    "reference.json",
    "model_card.md",
}
Change = Callable[[dict[str, Any]], object]


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
    assert bundle.card == card_markdown(bundle.manifest)
    assert bundle.scorer().score(market().events.features[0]).anomaly > 0


@pytest.mark.parametrize("member", sorted(BUNDLE_MEMBERS))
def test_a_changed_member_is_noticed(member: str) -> None:
    members = read_archive(packed(), BUNDLE_MEMBERS, "bundle")
    changed = bytearray(members[member])
    changed[len(changed) // 2] ^= 1
    with pytest.raises(BundleError, match="does not fit"):
        opened(write_archive({**members, member: bytes(changed)}))


def test_a_bundle_of_before_the_card_is_refused_by_name() -> None:
    members = read_archive(packed(), BUNDLE_MEMBERS, "bundle")
    del members["model_card.md"]
    with pytest.raises(
        BundleError, match=r"other members\. Expected .*'model_card.md'.*, was .*'manifest.json'"
    ):
        opened(write_archive(members))


def test_a_bundle_of_before_the_golden_ticks_is_refused_by_its_schema() -> None:
    """Its members differ, too; what to do is what its owner wants to read."""
    members = read_archive(packed(), BUNDLE_MEMBERS, "bundle")
    manifest = json.loads(members["manifest.json"]) | {"schema_version": 2}
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()
    kept = {name: members[name] for name in BUNDLE_MEMBERS - {"golden.json", "reference.json"}}
    old = write_archive({**kept, "manifest.json": text, "signature": keys().sign(text)})
    with pytest.raises(
        BundleError, match=r"Expected 3, which holds golden ticks .*, was 2: make its model again"
    ):
        opened(old)


def test_another_signer_is_refused(tmp_path: Path) -> None:
    run = run_fold()
    data = build_bundle(run.bundle.manifest, run.bundle.parts, signing_key(tmp_path))
    with pytest.raises(BundleError, match="signature of the bundle's manifest"):
        opened(data)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda m: m.update(kernel_version="0"),
            r"kernel version .* Expected .* as in this code, ticklake .*, was 0",
        ),
        (lambda m: m["features"].reverse(), "features of the bundle"),
        (lambda m: m.update(schema_version=99), "schema version .* was 99"),
        (lambda m: m.update(extra=1), "misfits at extra"),
        (lambda m: m.pop("thresholds"), "misfits at thresholds"),
        (lambda m: m["thresholds"].update(act=None), "misfits at thresholds.act"),
        (
            lambda m: m["order"].update(stops_level_points=9),
            r"order rules \(stops_level_points\) .* was made by ticklake",
        ),
        (
            lambda m: m["order"]["costs"].update(latency_ms=[0]),
            "cost profile of the bundle .* was synthetic-",
        ),
        (
            lambda m: m["order"].update(width_sigmas=3.5),
            r"order rules \(width_sigmas\) .* Expected 0.7 .*, was 3.5",
        ),
        (lambda m: m.update(cleaning_rules="0"), "cleaning rules of the bundle .* was 0"),
        (lambda m: m.update(label_version="0-old"), "label version of the bundle .* was 0-old"),
        (lambda m: m["members"].update({"pattern.onnx": "0" * 64}), "sha256 of pattern.onnx"),
    ],
    ids=[
        "kernel",
        "features",
        "schema",
        "unknown",
        "missing",
        "null",
        "order",
        "costs",
        "width",
        "cleaning",
        "labels",
        "member",
    ],
)
def test_a_rightly_signed_misfit_is_refused(change: Change, reason: str) -> None:
    with pytest.raises(BundleError, match=reason):
        opened(resigned(change))


OTHER_CODE = """
import sys
from ticklake_assets.core import labels
from ticklake_assets.core.errors import BundleError
from ticklake_assets.modeling.deployed.bundle import open_bundle
from ticklake_assets.modeling.judging.testing import run_test
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

data, key = sys.stdin.buffer.read(), Ed25519PublicKey.from_public_bytes(bytes.fromhex(sys.argv[1]))
opened = open_bundle(data, key)
for change in sys.argv[2:]:
    name, value = change.split("=")
    own = getattr(labels, name)
    setattr(labels, name, float(value))
    for use in (lambda: open_bundle(data, key), lambda: run_test(opened, None, None, b"")):
        try:
            use()
            print(f"{name} was let through")
        except BundleError as error:
            print(error)
    setattr(labels, name, own)
"""


def test_code_that_would_send_other_orders_neither_opens_nor_simulates_a_bundle() -> None:
    """A process whose rules are others: as it was, a bundle opened and its orders were five times as wide."""
    changes = ["WIDTH_SIGMAS=3.5", "LONG_HORIZON_MIN=60.0", "CHEAP_SPREAD_SIGMAS=0.1", "WIDTH_SPREADS=1.0"]
    public = keys().public_key().public_bytes_raw().hex()
    done = subprocess.run(
        [sys.executable, "-c", OTHER_CODE, public, *changes], input=packed(), capture_output=True, check=True
    )
    said = done.stdout.decode().splitlines()
    assert len(said) == 2 * len(changes)
    for change, lines in zip(changes, zip(said[::2], said[1::2], strict=True), strict=True):
        name, value = change.split("=")
        for line in lines:
            assert f"The order rules ({name.lower()}) of the bundle does not fit: SYNEUR as of" in line
            assert f"was made by {CODE}" in line
            assert f"Expected {value} as in this code" in line


def test_serving_loads_no_training_library() -> None:
    code = (
        "import sys, ticklake_assets.modeling.deployed.bundle, ticklake_assets.modeling.deployed.decision;"
        "print([m for m in ('xgboost','optuna','mlflow','dagster','pandas','pyarrow','onnx','sklearn','matplotlib')"
        " if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
