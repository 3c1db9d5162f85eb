"""What one model stage hands to the next, and the data that all of them read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from getpass import getuser
from hashlib import sha256
from typing import Any

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.instruments import instrument
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.schemas import names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Events, Quotes
from ticklake_assets.modeling.archive import read_archive, write_archive
from ticklake_assets.modeling.document import read_document
from ticklake_assets.modeling.event_rows import of_days
from ticklake_assets.modeling.training import Trained, TrainingReport
from ticklake_assets.resources.lake import Lake
from ticklake_assets.sources.clock import SYSTEM_CLOCK, Clock
from ticklake_assets.storage.dataset_files import Dataset
from ticklake_assets.storage.dataset_manifest import Manifest
from ticklake_assets.storage.tick_rows import quotes_of

_TRAINED_FILES = {"pattern.onnx", "anomaly.json", "booster.json", "report.json", "dataset.json"}


def open_events(dataset: Dataset, part: str) -> Events:
    """Events of the days with enough quotes to learn from; a Sunday evening is tested, never learnt."""
    require_versions(dataset)
    return of_days(dataset.parts[part], dataset.manifest.open_days(part), part)


def quotes_by_day(lake: Lake, dataset: Dataset) -> Callable[[date], Quotes]:
    """A loader of the clean quotes that the dataset's days were made from: one day is held at a time.

    A day that was corrected since the freeze is a DataError: simulating on other quotes than the events came from
    would be silently wrong.
    """
    require_versions(dataset)
    symbol = dataset.manifest.symbol
    frozen = {line.day: line.raw_sha256 for line in dataset.manifest.partitions}

    def load(day: date) -> Quotes:
        manifest = lake.clean.require(SymbolDay(symbol, day))
        if manifest.made_from.sha256 != frozen[day]:
            raise DataError(
                f"Clean quotes of {symbol} {day} were corrected since dataset {dataset.version} was frozen. Expected "
                f"raw sha256 {frozen[day]}, was {manifest.made_from.sha256}: materialize dataset/training and "
                "model/trained again"
            )
        return quotes_of(lake.clean.rows_of(manifest.files))

    return load


def trial_details(
    run: str,
    as_of: date,
    dataset: str,
    parameters: Mapping[str, Any] | None = None,
    result: Mapping[str, Any] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> dict[str, Any]:
    """Details of a record in the trial ledger: by whom, when, on what, by which parameters, with which result."""
    return {
        "by": f"{_user()}, {run}",
        "at": clock.now().isoformat(timespec="seconds"),
        "as_of": as_of.isoformat(),
        "dataset": dataset,
        "parameters": dict(parameters or {}),
        "result": dict(result or {}),
    }


def _user() -> str:
    try:
        return getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "nameless"


def require_versions(dataset: Dataset) -> None:
    """Refuse a dataset of another feature kernel or of other labels.

    Its features would mean something else than those scored live, its outcomes other costs than the simulator's.

    Raises:
        DataError: the kernel version, the feature names or the label version are not this code's.
    """
    manifest, where = dataset.manifest, dataset.version or "the dataset"
    if manifest.kernel_version != KERNEL_VERSION:
        raise DataError(
            f"{where} was made by another feature kernel. Expected kernel {KERNEL_VERSION}, was "
            f"{manifest.kernel_version}: {_remedy(manifest)}"
        )
    expected, found = tuple(names(FEATURES)), tuple(manifest.feature_names)
    if found != expected:
        differing = ", ".join(sorted({*expected} ^ {*found})) or "another order"
        raise DataError(
            f"{where} has other features. Expected this code's {len(expected)}, was differing in {differing}: "
            f"{_remedy(manifest)}"
        )
    labels = label_version(instrument(manifest.symbol))
    if manifest.label_version != labels:
        raise DataError(
            f"{where} has labels of other rules or costs. Expected label version {labels}, was "
            f"{manifest.label_version or 'none'}: {_remedy(manifest)}"
        )


def _remedy(manifest: Manifest) -> str:
    first, last = manifest.fold.days[0], manifest.fold.days[-1]
    return (
        f"`ticklake backfill {manifest.symbol} {first} {last}` and materialize dataset/training and model/trained "
        "again, or use the code that froze it"
    )


def pack_trained(trained: Trained, dataset: Mapping[str, str]) -> bytes:
    """A training's files as one object, with the identity of the dataset that it read: later stages read the same."""
    return write_archive({**_files(trained), "dataset.json": json.dumps(dataset, sort_keys=True).encode()})


def unpack_trained(data: bytes) -> tuple[Trained, dict[str, str]]:
    """The training, and the identity of the dataset that it read."""
    files = read_archive(data, _TRAINED_FILES, "trained models")
    report = read_document(TrainingReport, files["report.json"], "training report")
    trained = Trained(files["pattern.onnx"], files["anomaly.json"], files["booster.json"], report)
    return trained, json.loads(files["dataset.json"])


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
