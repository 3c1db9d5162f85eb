"""Chains of tested folds: which ones a report is asked for, and that each look at them is counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ticklake_assets.core.errors import BundleError, DataError
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.ledger import ledger_state
from ticklake_assets.lifecycle.trial_details import trial_details
from ticklake_assets.modeling.deployed.manifest import LedgerState
from ticklake_assets.modeling.judging.walk_forward import (
    FoldRecord,
    chain_digest,
    expect_folds,
    tested_days,
)
from ticklake_assets.research.judgements import read_fold
from ticklake_assets.storage.models.looks import Count, OpenedFold
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets.storage.models.trial_ledger import TrialLedger


def chain_to(
    files: ModelFiles,
    last: SymbolDay,
    count: int | None,
    asked: Windows | None,
    anchor: date | None,
    longest_days: int,
    key: Ed25519PublicKey,
) -> list[FoldRecord]:
    """The tested folds that end at an as-of day, oldest first.

    `count` of them, or as many as lie without a gap in the `longest_days` behind it. Where windows are `asked` for
    (those of the last fold; `anchor` is the first train day of an anchored chain), each fold must have them.

    Raises:
        MissingDataError: folds are missing; they are named with the command that makes them.
        DataError: a fold has other windows than were asked for.
    """
    windows = asked or read_fold(files, last, key).windows.plain()
    stride, present = windows.test_days, files.as_of_days("tested", last.symbol)
    if count is None:
        count = 1
        while last.shifted(-stride * count).trading_day in present and stride * count < longest_days:
            count += 1
    wanted = expect_folds(last.symbol, last.trading_day, windows, count, present, anchor)
    folds = [read_fold(files, SymbolDay(last.symbol, as_of), key) for as_of in wanted]
    if asked:
        for fold in folds:
            _expect_windows(fold, asked.anchored_at(anchor, fold.as_of) if anchor else asked)
    return folds


def open_chain(ledger: TrialLedger, folds: Sequence[FoldRecord], run: str) -> LedgerState:
    """Note that this chain is judged, and count of how many it is the best."""
    symbol, last = folds[-1].test.symbol, folds[-1].as_of
    days = [day for fold in tested_days(folds) for day in fold]
    about = trial_details(run, last, f"folds to {last}, {len(folds)} of them")
    bundles = [fold.test.bundle for fold in folds]
    ledger.record_chain(symbol, days, chain_digest(folds), about, bundles=bundles)
    return ledger_state(ledger, count_of(ledger, folds))


def count_of(ledger: TrialLedger, folds: Sequence[FoldRecord]) -> Count:
    """N_open of a chain: of how many chains it can be the best, by what the ledger holds now."""
    return ledger.looks(folds[-1].test.symbol, _opened(folds))


def expect_opened(ledger: TrialLedger, folds: Sequence[FoldRecord]) -> None:
    """BundleError where a fold was tested in another lake, or before the ledger was begun anew: looks are missing."""
    symbol = folds[-1].test.symbol
    if unknown := ledger.unopened(symbol, _opened(folds)):
        raise BundleError(
            f"The ledger knows nothing of a test of {symbol} on {unknown[0]}. Expected the opening of each bundle on "
            f"each of its test days, was none of {len(unknown)} days: test these folds again with "
            "`ticklake walk-forward --again`"
        )


def _opened(folds: Sequence[FoldRecord]) -> list[OpenedFold]:
    return [OpenedFold(days, fold.test.bundle) for days, fold in zip(tested_days(folds), folds, strict=True)]


def _expect_windows(fold: FoldRecord, asked: Windows) -> None:
    if (found := fold.windows.plain()) != asked:
        raise DataError(
            f"The fold of {fold.test.symbol}|{fold.as_of} has other windows than were asked for. Expected train, "
            f"validate and test days {_lengths(asked)}, was {_lengths(found)}: it was made anew since; ask for the "
            "walk again"
        )


def _lengths(windows: Windows) -> str:
    return f"{windows.train_days}/{windows.validate_days}/{windows.test_days}"
