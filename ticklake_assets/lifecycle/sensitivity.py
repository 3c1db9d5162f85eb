"""Make a chain's neighbours on its frozen datasets, and count each where it is looked at."""

from __future__ import annotations

from collections.abc import Sequence

from ticklake_assets.core.folds import fold_as_ofs
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.fold_inputs import open_events, quotes_by_day
from ticklake_assets.lifecycle.handover import search_digest
from ticklake_assets.lifecycle.ledger import open_ledger
from ticklake_assets.lifecycle.trial_details import contents_of, trial_details, walk_of
from ticklake_assets.modeling.fitting.tuning import Budget
from ticklake_assets.modeling.fitting.validation import ValidationReport
from ticklake_assets.modeling.judging.sensitivity import (
    Sensitivity,
    Variant,
    rehearse,
    sensitivity_of,
)
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.storage.datasets.files import Dataset
from ticklake_assets.storage.models.trial_ledger import TrialLedger

RUN = "ticklake sensitivity"


def make_neighbours(
    day: SymbolDay,
    folds: int,
    lake: Lake,
    signing: Signing,
    datasets: Datasets,
    variants: Sequence[Variant],
    budget: Budget,
) -> Sensitivity:
    """Rehearse every variant, the chain as it was made first, of so many folds that end at an as-of day.

    Each leaves a record of its fits and of its selections in the trial ledger, as the chain itself did, and none of an
    opening: no test day is read. Where the validation days are test days of the folds before, that is a look at them
    for every bundle that meets them afterwards. A variant that was made before is the same record. MissingDataError
    names a fold that has no frozen dataset.
    """
    last = datasets.load(day)
    stride = last.manifest.windows.test_days
    frozen = [
        last if as_of == day.trading_day else datasets.load(SymbolDay(day.symbol, as_of))
        for as_of in fold_as_ofs(day.trading_day, stride, folds)
    ]
    ledger = open_ledger(lake, signing)
    rehearsed = [
        (variant, [_rehearsed(variant, dataset, lake, ledger, budget) for dataset in frozen])
        for variant in variants
    ]
    return sensitivity_of(day.symbol, day.trading_day, rehearsed)


def _rehearsed(
    variant: Variant, dataset: Dataset, lake: Lake, ledger: TrialLedger, budget: Budget
) -> ValidationReport:
    manifest = dataset.manifest
    trained, report = rehearse(
        variant,
        open_events(dataset, "train"),
        open_events(dataset, "validate"),
        quotes_by_day(lake, dataset),
        instrument_of(manifest.symbol),
        budget,
    )
    about = trial_details(
        RUN,
        manifest.as_of,
        dataset.version,
        {"variant": f"{variant.what}: {variant.value}"},
        {"net_pips": report.chosen.net_pips},
    )
    search = search_digest(trained)
    ledger.record_fits(manifest.symbol, manifest.as_of, search, trained.report.budget.fits, about)
    ledger.record_selection(
        manifest.symbol,
        manifest.as_of,
        search,
        report.selections,
        about,
        days=contents_of(manifest, "validate"),
        walk=walk_of(manifest, trained.report),
    )
    return report
