"""Chains of tested folds: which ones a report is asked for, and that each look at them is counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.trial_details import trial_details
from ticklake_assets.modeling.deployed.document import read_document
from ticklake_assets.modeling.judging.walk_forward import FoldRecord, chain_digest, expect_folds, tested_days
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets.storage.models.trial_ledger import TrialLedger


def read_fold(files: ModelFiles, as_of: SymbolDay) -> FoldRecord:
    """The tested fold of an as-of day; MissingDataError where there is none."""
    return read_document(FoldRecord, files.get("tested", as_of), f"test of {as_of}")


def chain_to(
    files: ModelFiles,
    last: SymbolDay,
    count: int | None,
    asked: Windows | None,
    anchor: date | None,
    longest_days: int,
) -> list[FoldRecord]:
    """The tested folds that end at an as-of day, oldest first.

    `count` of them, or as many as lie without a gap in the `longest_days` behind it. Where windows are `asked` for
    (those of the last fold; `anchor` is the first train day of an anchored chain), each fold must have them.

    Raises:
        MissingDataError: folds are missing; they are named with the command that makes them.
        DataError: a fold has other windows than were asked for.
    """
    windows = asked or read_fold(files, last).windows.plain()
    stride, present = windows.test_days, files.as_of_days("tested", last.symbol)
    if count is None:
        count = 1
        while last.shifted(-stride * count).trading_day in present and stride * count < longest_days:
            count += 1
    wanted = expect_folds(last.symbol, last.trading_day, windows, count, present, anchor)
    folds = [read_fold(files, SymbolDay(last.symbol, as_of)) for as_of in wanted]
    if asked:
        for fold in folds:
            _expect_windows(fold, asked.anchored_at(anchor, fold.as_of) if anchor else asked)
    return folds


def open_chain(ledger: TrialLedger, folds: Sequence[FoldRecord], run: str) -> int:
    """Note that this chain is judged, and count N_open of its test days: of how many chains it is the best."""
    symbol, last, days = folds[-1].test.symbol, folds[-1].as_of, tested_days(folds)
    about = trial_details(run, last, f"folds to {last}, {len(folds)} of them")
    ledger.record_chain(symbol, [day for fold in days for day in fold], chain_digest(folds), about)
    return ledger.looks(symbol, days)


def _expect_windows(fold: FoldRecord, asked: Windows) -> None:
    if (found := fold.windows.plain()) != asked:
        raise DataError(
            f"The fold of {fold.test.symbol}|{fold.as_of} has other windows than were asked for. Expected train, "
            f"validate and test days {_lengths(asked)}, was {_lengths(found)}: it was made anew since; ask for the "
            "walk again"
        )


def _lengths(windows: Windows) -> str:
    return f"{windows.train_days}/{windows.validate_days}/{windows.test_days}"
