"""A chain is judged by the ledger that its tests were counted in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ticklake_assets.core.errors import BundleError
from ticklake_assets.lifecycle.chain import expect_opened
from ticklake_assets_tests.modeling.chains import chain_to
from ticklake_assets_tests.storage.models.ledgers import ledger_in


def test_a_fold_that_was_tested_in_another_lake_is_not_judged(tmp_path: Path) -> None:
    """Signed all the same: whoever tests many there and brings the best over would have looked once here."""
    folds, ledger = chain_to("a" * 64, date(2024, 1, 20)), ledger_in(tmp_path)
    for fold in folds[1:]:
        ledger.record_opening(fold.test.symbol, [day.day for day in fold.test.days], fold.test.bundle)
    said = f"knows nothing of a test of {folds[0].test.symbol} on {folds[0].test.days[0].day}"
    with pytest.raises(BundleError, match=said):
        expect_opened(ledger, folds)
    first = folds[0].test
    ledger.record_opening(first.symbol, [day.day for day in first.days], first.bundle)
    expect_opened(ledger, folds)
