from __future__ import annotations

import io
import logging
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from serving.endpoint.model_store import ModelStore
from ticklake_assets.core.bundle_files import CARD
from ticklake_assets.core.errors import BundleError, SetupError
from ticklake_assets.modeling.deployed.archive import write_archive
from ticklake_assets.modeling.deployed.gates import GATES, evaluate
from ticklake_assets.modeling.deployed.manifest import GateRecord
from ticklake_assets.modeling.deployed.signing import signing_key
from ticklake_assets_tests.serving.deployments import LEDGER, make_bundle, make_deployment


def _store(folder: Path) -> ModelStore:
    return ModelStore(folder / "models", folder / "keys")


def _modes(store: ModelStore, symbol: str = "SYNEUR") -> list[tuple[str, str]]:
    return [(model.mode, model.digest[:6]) for model in store.of(symbol)]


def test_live_comes_before_shadow_and_both_survive_a_restart(tmp_path: Path) -> None:
    store, keys = _store(tmp_path), tmp_path / "keys"
    shadow = store.push(make_deployment(keys, "SYNEUR", passed=False, seed=1))
    live = store.push(make_deployment(keys, "SYNEUR", seed=2))
    other = store.push(make_deployment(keys, "SYNJPY", seed=3))
    expected = [("live", live.digest[:6]), ("shadow", shadow.digest[:6])]
    assert _modes(store) == expected
    assert _modes(_store(tmp_path)) == expected
    assert [model.digest for model in _store(tmp_path).all()] == [live.digest, shadow.digest, other.digest]
    assert shadow.as_dict()["verdict"] == "rejected"
    assert store.of("EURUSD") == ()


def test_a_newer_model_takes_the_place_of_its_mode_only(tmp_path: Path) -> None:
    store, keys = _store(tmp_path), tmp_path / "keys"
    store.push(make_deployment(keys, "SYNEUR", seed=1))
    shadow = store.push(make_deployment(keys, "SYNEUR", passed=False, seed=2))
    newer = store.push(make_deployment(keys, "SYNEUR", seed=3))
    assert _modes(store) == [("live", newer.digest[:6]), ("shadow", shadow.digest[:6])]
    assert _modes(_store(tmp_path)) == _modes(store)


@pytest.mark.parametrize("passes_last", [True, False])
def test_a_bundle_has_the_mode_of_its_last_verdict(tmp_path: Path, *, passes_last: bool) -> None:
    store, keys = _store(tmp_path), tmp_path / "keys"
    for passed in (not passes_last, passes_last, passes_last):
        model = store.push(make_deployment(keys, "SYNEUR", passed=passed))
    expected = [("live" if passes_last else "shadow", model.digest[:6])]
    assert _modes(store) == expected
    assert _modes(_store(tmp_path)) == expected


def test_every_changed_byte_is_refused_and_the_old_model_stays(tmp_path: Path) -> None:
    store, keys = _store(tmp_path), tmp_path / "keys"
    good = make_deployment(keys, "SYNEUR", seed=1)
    old = store.push(good)
    tampered = make_deployment(keys, "SYNEUR", seed=2)
    for position in range(0, len(tampered), len(tampered) // 60):
        changed = bytearray(tampered)
        changed[position] ^= 1
        with pytest.raises(BundleError):
            store.push(bytes(changed))
    assert _modes(store) == [("live", old.digest[:6])]
    assert (tmp_path / "models" / "SYNEUR" / "live.zip").read_bytes() == good


def test_another_owners_signature_is_refused(tmp_path: Path) -> None:
    store = _store(tmp_path)
    signing_key(tmp_path / "keys")
    with pytest.raises(BundleError, match="signature"):
        store.push(make_deployment(tmp_path / "stranger", "SYNEUR"))


def test_another_kernel_is_refused(tmp_path: Path) -> None:
    """Rightly signed, by an older ticklake."""
    key = signing_key(tmp_path / "keys")
    old = make_bundle(tmp_path / "keys", "SYNEUR", kernel="0")
    manifest = zipfile.ZipFile(io.BytesIO(old)).read("manifest.json")
    report = evaluate({gate.name: 1.0 for gate in GATES})
    bundle, card = (sha256(each).hexdigest() for each in (manifest, b"card"))
    record = GateRecord(
        bundle=bundle, symbol="SYNEUR", costs="", card=card, report=report, ledger=LEDGER
    ).canonical()
    members = {
        "bundle.zip": old,
        "gate_record.json": record,
        "gate_record.sig": key.sign(record),
        CARD: b"card",
    }
    with pytest.raises(BundleError, match=r"kernel version of the bundle.*was 0"):
        _store(tmp_path).push(write_archive(members))


def test_nobodys_key_is_a_matter_of_set_up(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="Expected a file"):
        _store(tmp_path).push(make_deployment(tmp_path / "stranger", "SYNEUR"))


def test_a_stored_model_that_does_not_verify_any_more_is_out_of_service(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, keys = _store(tmp_path), tmp_path / "keys"
    store.push(make_deployment(keys, "SYNEUR"))
    store.push(make_deployment(keys, "SYNJPY"))
    (tmp_path / "models" / "SYNEUR" / "live.zip").write_bytes(b"broken")
    with caplog.at_level(logging.WARNING):
        reopened = _store(tmp_path)
    assert [model.symbol for model in reopened.all()] == ["SYNJPY"]
    assert "SYNEUR/live.zip is out of service" in caplog.text
