from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.schemas import names
from ticklake_assets.lifecycle.fold_inputs import open_events, quotes_by_day, require_versions
from ticklake_assets.resources.lake import Lake
from ticklake_assets.storage.datasets.files import Dataset
from ticklake_assets.storage.datasets.manifest import DatasetManifest

LABELS = label_version(instrument_of("EURUSD"))
MANIFEST = DatasetManifest(
    symbol="EURUSD",
    as_of=date(2024, 1, 9),
    windows=Windows(4, 2, 2),
    kernel_version=KERNEL_VERSION,
    feature_names=tuple(names(FEATURES)),
    snapshots={},
    partitions=(),
    files={},
    label_version=LABELS,
)
OLD = Dataset(replace(MANIFEST, kernel_version="0"), {}, "EURUSD/2024-01-09/v1")
READERS: dict[str, Callable[[Dataset, Path], object]] = {
    "train and validate": lambda dataset, _: open_events(dataset, "train"),
    "validate and test": lambda dataset, folder: quotes_by_day(Lake(url=folder.as_uri()), dataset),
}


@pytest.mark.parametrize("stage", READERS)
def test_no_stage_takes_a_dataset_of_another_kernel(tmp_path: Path, stage: str) -> None:
    message = (
        r"EURUSD/2024-01-09/v1 was made by another feature kernel\. "
        rf"Expected kernel {re.escape(KERNEL_VERSION)}, was 0: "
        r"`ticklake backfill EURUSD 2024-01-01 2024-01-08` and materialize dataset/training and model/trained "
        "again, or use the code"
    )
    with pytest.raises(DataError, match=message):
        READERS[stage](OLD, tmp_path)


@pytest.mark.parametrize("stage", READERS)
@pytest.mark.parametrize(("version", "was"), [("1-0badc057", "1-0badc057"), (None, "none")])
def test_no_stage_takes_a_dataset_with_other_costs(
    tmp_path: Path, stage: str, version: str | None, was: str
) -> None:
    other = Dataset(replace(MANIFEST, label_version=version), {}, "EURUSD/2024-01-09/v1")
    message = (
        rf"v1 has labels of other rules or costs\. Expected label version {re.escape(LABELS)}, was {was}: "
        r"`ticklake backfill EURUSD 2024-01-01 2024-01-08` and materialize"
    )
    with pytest.raises(DataError, match=message):
        READERS[stage](other, tmp_path)


def test_other_features_of_the_same_kernel_are_named() -> None:
    require_versions(Dataset(MANIFEST, {}))
    grown = Dataset(replace(MANIFEST, feature_names=(*MANIFEST.feature_names, "later")), {})
    with pytest.raises(DataError, match=r"the dataset has other features.*differing in later"):
        require_versions(grown)
    swapped = Dataset(replace(MANIFEST, feature_names=MANIFEST.feature_names[::-1]), {})
    with pytest.raises(DataError, match="another order"):
        require_versions(swapped)
