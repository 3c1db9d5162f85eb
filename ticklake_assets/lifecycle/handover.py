"""What one stage of a fold hands to the next, and where it lies between them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ticklake_assets.core.errors import BundleError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.files import replace_file
from ticklake_assets.modeling.deployed.archive import read_archive, write_archive
from ticklake_assets.modeling.deployed.document import read_document
from ticklake_assets.modeling.deployed.signing import verify
from ticklake_assets.modeling.fitting.training import Trained, TrainingReport
from ticklake_assets.modeling.fitting.validation import ValidationReport
from ticklake_assets.storage.models.stage_files import ModelFiles

_TRAINED_FILES = {"pattern.onnx", "anomaly.json", "booster.json", "report.json", "dataset.json"}
_VALIDATED_FILES = {"bundle.zip", "report.json"}
_SIGNATURE = "files.sig"
_ENDINGS = {"trained": ".zip", "validated": ".zip", "tested": ".json"}


class Handover(Protocol):
    """Where the stages `trained`, `validated` and `tested` of one fold leave their one file."""

    def put(self, stage: str, data: bytes) -> str:
        """Replace what the stage left as a whole; returns its address."""

    def get(self, stage: str) -> bytes:
        """What the stage left; MissingDataError says how to make it."""


@dataclass(frozen=True)
class LakeHandover:
    """An as-of day's place in the lake."""

    files: ModelFiles
    day: SymbolDay

    def put(self, stage: str, data: bytes) -> str:
        return self.files.put(stage, self.day, data)

    def get(self, stage: str) -> bytes:
        return self.files.get(stage, self.day)


@dataclass(frozen=True)
class FolderHandover:
    """A folder that DVC watches: the stages of dvc.yaml."""

    folder: Path

    def put(self, stage: str, data: bytes) -> str:
        path = self._path(stage)
        replace_file(path, data)
        return str(path)

    def get(self, stage: str) -> bytes:
        path = self._path(stage)
        if not path.exists():
            raise MissingDataError(f"Expected {path}, was nothing: `dvc repro` makes it")
        return path.read_bytes()

    def _path(self, stage: str) -> Path:
        return self.folder / f"{stage}{_ENDINGS[stage]}"


def pack_trained(trained: Trained, dataset: Mapping[str, str], key: Ed25519PrivateKey) -> bytes:
    """A training's files as one signed object, with the identity of the dataset: later stages read the same."""
    return _signed({**_files(trained), "dataset.json": json.dumps(dataset, sort_keys=True).encode()}, key)


def unpack_trained(data: bytes, key: Ed25519PublicKey) -> tuple[Trained, dict[str, str]]:
    """The training, and the identity of the dataset that it read; BundleError where it was edited."""
    files = _opened(data, _TRAINED_FILES, "trained models", "trained", key)
    report = read_document(TrainingReport, files["report.json"], "training report")
    trained = Trained(files["pattern.onnx"], files["anomaly.json"], files["booster.json"], report)
    return trained, json.loads(files["dataset.json"])


def pack_validated(bundle: bytes, report: ValidationReport, key: Ed25519PrivateKey) -> bytes:
    """The bundle and what validation found, as one signed object: the file that is tested is the one that was made.

    Gates judge what validation found (calibration, lost skill, overfitting), so nobody may edit it on the way.
    """
    return _signed({"bundle.zip": bundle, "report.json": report.canonical()}, key)


def unpack_validated(data: bytes, key: Ed25519PublicKey) -> tuple[bytes, ValidationReport]:
    """The signed bundle and what validation found; BundleError where it was edited."""
    files = _opened(data, _VALIDATED_FILES, "validated model", "validated", key)
    return files["bundle.zip"], read_document(ValidationReport, files["report.json"], "validation report")


def _signed(files: Mapping[str, bytes], key: Ed25519PrivateKey) -> bytes:
    return write_archive({**files, _SIGNATURE: key.sign(_digests(files))})


def _opened(data: bytes, names: set[str], what: str, stage: str, key: Ed25519PublicKey) -> dict[str, bytes]:
    try:
        files = read_archive(data, names | {_SIGNATURE}, what)
        verify(key, files.pop(_SIGNATURE), _digests(files), what)
    except BundleError as error:
        raise BundleError(f"{error}. Materialize model/{stage}, or run `dvc repro`, again") from error
    return files


def _digests(files: Mapping[str, bytes]) -> bytes:
    """What the signature is over: every file by its name."""
    return json.dumps(
        {name: sha256(data).hexdigest() for name, data in files.items()}, sort_keys=True
    ).encode()


def search_digest(trained: Trained) -> str:
    """Identity of a search on the validation days, known before it starts: the models that it judges."""
    return sha256(write_archive(_files(trained))).hexdigest()


def _files(trained: Trained) -> dict[str, bytes]:
    return {
        "pattern.onnx": trained.pattern_onnx,
        "anomaly.json": trained.anomaly_json,
        "booster.json": trained.booster_json,
        "report.json": trained.report.canonical(),
    }
