"""What the stages of a fold read of its frozen dataset, refused where it means something else than this code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.schemas import names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Events, Quotes
from ticklake_assets.modeling.fitting.event_rows import of_days
from ticklake_assets.resources.lake import Lake
from ticklake_assets.storage.datasets.files import Dataset
from ticklake_assets.storage.datasets.manifest import DatasetManifest
from ticklake_assets.storage.partitions.tick_rows import quotes_of


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
    labels = label_version(instrument_of(manifest.symbol))
    if manifest.label_version != labels:
        raise DataError(
            f"{where} has labels of other rules or costs. Expected label version {labels}, was "
            f"{manifest.label_version or 'none'}: {_remedy(manifest)}"
        )


def _remedy(manifest: DatasetManifest) -> str:
    first, last = manifest.fold.days[0], manifest.fold.days[-1]
    return (
        f"`ticklake backfill {manifest.symbol} {first} {last}` and materialize dataset/training and model/trained "
        "again, or use the code that froze it"
    )
