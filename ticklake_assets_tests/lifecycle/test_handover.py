from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ticklake_assets.core.errors import BundleError, MissingDataError
from ticklake_assets.lifecycle.handover import (
    FolderHandover,
    pack_trained,
    pack_validated,
    search_digest,
    unpack_trained,
    unpack_validated,
)
from ticklake_assets.modeling.deployed.archive import read_archive, write_archive
from ticklake_assets.modeling.fitting.training import SearchBudget, Trained, TrainingReport
from ticklake_assets.storage.datasets.files import Dataset
from ticklake_assets_tests.lifecycle.test_fold_inputs import LABELS, MANIFEST
from ticklake_assets_tests.modeling.markets import run_fold

REPORT = TrainingReport(
    seed=1,
    events=1,
    effective=1.0,
    days=1,
    parameters={},
    budget=SearchBudget(trials=1, groups=3, held_groups=1, fits=1),
    trials=(),
    train_loss=0.5,
    base_loss=1.0,
    day_losses=(),
    importance={},
    onnx_difference=0.0,
    feed=(),
)
KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key()
TRAINED = Trained(b"pattern", b"anomaly", b"booster", REPORT)


def test_a_training_hands_over_what_it_read_which_is_no_part_of_the_search() -> None:
    identity = Dataset(MANIFEST, {}, "EURUSD/2024-01-09/v1").identity()
    packed = pack_trained(TRAINED, identity, KEY)
    assert unpack_trained(packed, PUBLIC) == (TRAINED, identity)
    assert identity["digest"] == MANIFEST.digest
    assert identity["label_version"] == LABELS
    renamed = pack_trained(TRAINED, identity | {"version": "EURUSD/2024-01-09/v3"}, KEY)
    assert renamed != packed
    assert search_digest(unpack_trained(renamed, PUBLIC)[0]) == search_digest(TRAINED)


def test_what_an_older_version_validated_is_refused_with_what_makes_it_again() -> None:
    older = write_archive({"digest": b"0" * 64, "report.json": b"{}"})
    expected = r"validated model.*Expected .*bundle\.zip.*was .*digest.*\. Materialize model/validated"
    with pytest.raises(BundleError, match=expected):
        unpack_validated(older, PUBLIC)


def test_what_validation_found_is_not_edited_on_its_way_to_the_test() -> None:
    """Gates judge the calibration and the lost skill that this report states; it is signed only there, in the fold."""
    fold = run_fold().record
    packed = pack_validated(b"bundle", fold.validation, KEY)
    assert unpack_validated(packed, PUBLIC) == (b"bundle", fold.validation)
    names = {"bundle.zip", "report.json", "files.sig"}
    better = fold.validation.model_copy(update={"calibration_error": 0.0}).canonical()
    edited = write_archive(read_archive(packed, names, "file") | {"report.json": better})
    other = pack_validated(b"bundle", fold.validation, Ed25519PrivateKey.generate())
    for data in (edited, other):
        with pytest.raises(
            BundleError, match=r"signature of the validated model.*Materialize model/validated"
        ):
            unpack_validated(data, PUBLIC)


def test_a_training_is_not_edited_on_its_way_to_validation() -> None:
    packed = pack_trained(TRAINED, {"version": "v1"}, KEY)
    names = {"pattern.onnx", "anomaly.json", "booster.json", "report.json", "dataset.json", "files.sig"}
    edited = write_archive(read_archive(packed, names, "file") | {"anomaly.json": b"other"})
    with pytest.raises(BundleError, match=r"signature of the trained models.*Materialize model/trained"):
        unpack_trained(edited, PUBLIC)


def test_a_stage_that_did_not_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"trained\.zip, was nothing: `dvc repro` makes it"):
        FolderHandover(tmp_path).get("trained")
