from __future__ import annotations

import io
import logging
import zipfile
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from serving.endpoint.models.store import ModelStore
from ticklake_assets.core.bundle_files import CARD
from ticklake_assets.core.errors import BundleError, DataError, MissingDataError, SetupError
from ticklake_assets.core.symbol_day import SymbolDay
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


def test_a_new_champion_takes_the_old_one_s_place_and_shadows_stand_beside_each_other(tmp_path: Path) -> None:
    store, keys = _store(tmp_path), tmp_path / "keys"
    store.push(make_deployment(keys, "SYNEUR", seed=1))
    shadows = [store.push(make_deployment(keys, "SYNEUR", passed=False, seed=seed)) for seed in (2, 3)]
    newer = store.push(make_deployment(keys, "SYNEUR", seed=4))
    expected = [("live", newer.digest[:6]), *(("shadow", shadow.digest[:6]) for shadow in shadows)]
    assert _modes(store) == expected
    assert _modes(_store(tmp_path)) == expected


def test_beyond_the_most_the_oldest_shadow_leaves_with_its_file(tmp_path: Path) -> None:
    store, keys = ModelStore(tmp_path / "models", tmp_path / "keys", most_shadows=2), tmp_path / "keys"
    pushed = [store.push(make_deployment(keys, "SYNEUR", passed=False, seed=seed)) for seed in (1, 2, 3)]
    assert [model.digest for model in store.of("SYNEUR")] == [pushed[1].digest, pushed[2].digest]
    assert len(list((tmp_path / "models" / "SYNEUR").glob("*.zip"))) == 2


def test_a_shadow_is_withdrawn_and_the_champion_is_not(tmp_path: Path) -> None:
    store, keys = _store(tmp_path), tmp_path / "keys"
    live = store.push(make_deployment(keys, "SYNEUR", seed=1))
    shadow = store.push(make_deployment(keys, "SYNEUR", passed=False, seed=2))
    with pytest.raises(DataError, match="is the champion"):
        store.withdraw("SYNEUR", live.digest)
    with pytest.raises(MissingDataError, match=r"is no shadow. Expected one of the shadows \("):
        store.withdraw("SYNEUR", "0" * 64)
    store.withdraw("SYNEUR", shadow.digest)
    assert _modes(store) == _modes(_store(tmp_path)) == [("live", live.digest[:6])]


def test_a_rollback_goes_back_step_by_step_and_is_remembered_with_its_times(tmp_path: Path) -> None:
    times = iter(datetime(2024, 1, day, tzinfo=UTC) for day in range(1, 9))
    keys = tmp_path / "keys"
    store = ModelStore(tmp_path / "models", keys, clock=lambda: next(times))
    one, two, three = (store.push(make_deployment(keys, "SYNEUR", seed=seed)).digest for seed in (1, 2, 3))
    assert store.rollback("SYNEUR").digest == two
    assert _modes(_store(tmp_path)) == [("live", two[:6])]
    reopened = ModelStore(tmp_path / "models", keys, clock=lambda: next(times))
    assert reopened.rollback("SYNEUR").digest == one
    with pytest.raises(MissingDataError, match="no champion of before"):
        reopened.rollback("SYNEUR")
    terms = [
        (t.digest, t.since.day, t.until.day if t.until else None, t.by)
        for t in reopened.state("SYNEUR").history
    ]
    assert terms == [
        (one, 1, 2, "push"),
        (two, 2, 3, "push"),
        (three, 3, 4, "push"),
        (two, 4, 5, "rollback"),
        (one, 5, None, "rollback"),
    ]


def test_a_champion_of_before_that_is_pushed_again_takes_its_old_place(tmp_path: Path) -> None:
    """So `ticklake model rollback`, which pushes the very file, and the endpoint's own rollback are the same."""
    store, keys = _store(tmp_path), tmp_path / "keys"
    files = [make_deployment(keys, "SYNEUR", seed=seed) for seed in (1, 2, 3)]
    one, two, _ = (store.push(data).digest for data in files)
    store.push(files[1], replace_newer=True)
    assert [each.digest for each in store.state("SYNEUR").before] == [one]
    assert store.of("SYNEUR")[0].digest == two


def test_a_rollback_to_a_file_that_was_changed_changes_nothing(tmp_path: Path) -> None:
    store, keys = _store(tmp_path), tmp_path / "keys"
    store.push(make_deployment(keys, "SYNEUR", seed=1))
    live = store.push(make_deployment(keys, "SYNEUR", seed=2))
    earlier = store.state("SYNEUR").before[0]
    (tmp_path / "models" / "SYNEUR" / f"{earlier.file}.zip").write_bytes(
        make_deployment(keys, "SYNEUR", seed=3)
    )
    with pytest.raises(
        BundleError, match=r"Step 'verify' failed, nothing has changed.*holds another deployment"
    ):
        store.rollback("SYNEUR")
    assert _modes(store) == _modes(_store(tmp_path)) == [("live", live.digest[:6])]


def test_golden_ticks_that_give_other_signals_here_keep_a_bundle_out(tmp_path: Path) -> None:
    """Rightly signed and of the right kernel; made where the numbers come out otherwise."""
    store, keys = _store(tmp_path), tmp_path / "keys"
    live = store.push(make_deployment(keys, "SYNEUR", seed=1))
    foreign = make_deployment(keys, "SYNEUR", seed=2, golden_of=1)
    with pytest.raises(
        BundleError, match=r"Step 'golden ticks' failed, nothing has changed. Golden event 1 of"
    ):
        store.push(foreign)
    assert _modes(store) == _modes(_store(tmp_path)) == [("live", live.digest[:6])]


def test_a_disk_that_refuses_keeps_the_old_model(tmp_path: Path) -> None:
    store, keys = _store(tmp_path), tmp_path / "keys"
    live = store.push(make_deployment(keys, "SYNEUR", seed=1))
    (tmp_path / "models" / "SYNJPY").write_text("no folder")
    with pytest.raises(SetupError, match="Step 'keep on disk' failed, nothing has changed"):
        store.push(make_deployment(keys, "SYNJPY", seed=2))
    assert [model.digest for model in store.all()] == [live.digest]


def test_a_model_expires_by_the_ticks_own_time(tmp_path: Path) -> None:
    """Its test window ended on 1 January 2024; this machine's clock is of no matter."""
    store = ModelStore(tmp_path / "models", tmp_path / "keys", expires_days=10)
    model = store.push(make_deployment(tmp_path / "keys", "SYNEUR"))
    end = SymbolDay("SYNEUR", date(2024, 1, 12)).start_us
    assert not model.stale(end - 1)
    assert model.stale(end)
    assert model.as_dict()["expires"] == "2024-01-12T00:00:00+00:00"


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
    (file,) = (tmp_path / "models" / "SYNEUR").glob("*.zip")
    assert file.read_bytes() == good


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
    (file,) = (tmp_path / "models" / "SYNEUR").glob("*.zip")
    file.write_bytes(b"broken")
    with caplog.at_level(logging.WARNING):
        reopened = _store(tmp_path)
    assert [model.symbol for model in reopened.all()] == ["SYNJPY"]
    assert f"SYNEUR/{file.name} is out of service" in caplog.text
