"""What one stage of a fold hands to the next, and where it lies between them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from ticklake_assets.core.errors import BundleError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.files import replace_file
from ticklake_assets.modeling.deployed.archive import read_archive, write_archive
from ticklake_assets.modeling.deployed.document import read_document
from ticklake_assets.modeling.fitting.training import Trained, TrainingReport
from ticklake_assets.modeling.fitting.validation import ValidationReport
from ticklake_assets.storage.models.stage_files import ModelFiles

_TRAINED_FILES = {"pattern.onnx", "anomaly.json", "booster.json", "report.json", "dataset.json"}
_VALIDATED_FILES = {"bundle.zip", "report.json"}
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


def pack_trained(trained: Trained, dataset: Mapping[str, str]) -> bytes:
    """A training's files as one object, with the identity of the dataset that it read: later stages read the same."""
    return write_archive({**_files(trained), "dataset.json": json.dumps(dataset, sort_keys=True).encode()})


def unpack_trained(data: bytes) -> tuple[Trained, dict[str, str]]:
    """The training, and the identity of the dataset that it read."""
    files = read_archive(data, _TRAINED_FILES, "trained models")
    report = read_document(TrainingReport, files["report.json"], "training report")
    trained = Trained(files["pattern.onnx"], files["anomaly.json"], files["booster.json"], report)
    return trained, json.loads(files["dataset.json"])


def pack_validated(bundle: bytes, report: ValidationReport) -> bytes:
    """The signed bundle and what validation found, as one object: the file that is tested is the one that was made."""
    return write_archive({"bundle.zip": bundle, "report.json": report.canonical()})


def unpack_validated(data: bytes) -> tuple[bytes, ValidationReport]:
    """The signed bundle and what validation found."""
    try:
        files = read_archive(data, _VALIDATED_FILES, "validated model")
    except BundleError as error:
        raise BundleError(f"{error}. Materialize model/validated, or run `dvc repro`, again") from error
    return files["bundle.zip"], read_document(ValidationReport, files["report.json"], "validation report")


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
