"""What the ledger's count is for: keeping the best of many models without skill seldom passes the gates."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from ticklake_assets.core.metrics import deflated_sharpe, lower_bound_of_mean
from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.deployed.gates import GATES
from ticklake_assets.modeling.judging.walk_forward import LEAST_OPENINGS
from ticklake_assets.storage.models.looks import OpenedFold
from ticklake_assets.storage.models.trial_ledger import MOST_OPENINGS
from ticklake_assets_tests.storage.models.ledgers import ledger_in

DRAWS, DAYS, TRADES = 200, 2, 25
"""Chains that are drawn; test days of a fold and trades of a day."""
GATE = {gate.name: gate for gate in GATES}


def passes(trades: Floats, openings: int) -> bool:
    """Whether a chain meets the gates on luck; `trades` has shape (folds, days, trades a day)."""
    values = {
        "deflated_sharpe": deflated_sharpe(trades.ravel(), max(openings, LEAST_OPENINGS)),
        "net_pips_a_day_lower_bound": lower_bound_of_mean(trades.sum(axis=2).ravel()),
        "positive_folds": float(np.mean(trades.sum(axis=(1, 2)) > 0)),
    }
    return all(GATE[name].admits(value) for name, value in values.items())


def best_of_each_fold(folds: int, bundles: int) -> list[Floats]:
    """Chains that keep, of each fold, the bundle that earned most; none has an edge."""
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((DRAWS, folds, bundles, DAYS, TRADES))
    best = noise.sum(axis=(3, 4)).argmax(axis=2)
    return list(np.take_along_axis(noise, best[:, :, None, None, None], axis=2)[:, :, 0])


@pytest.mark.parametrize("folds", [1, 3, 5])
@pytest.mark.parametrize("bundles", [1, 3, MOST_OPENINGS])
def test_the_best_of_each_folds_bundles_seldom_passes(tmp_path: Path, folds: int, bundles: int) -> None:
    ledger = ledger_in(tmp_path)
    first = date(2024, 1, 1)
    windows = [[first + timedelta(days=DAYS * fold + day) for day in range(DAYS)] for fold in range(folds)]
    for fold, days in enumerate(windows):
        for bundle in range(bundles):
            ledger.record_opening("EURUSD", days, f"{fold}: {bundle}")
    ledger.record_chain("EURUSD", [day for days in windows for day in days], "the best of each fold")
    openings = ledger.looks("EURUSD", [OpenedFold(days) for days in windows]).total
    assert np.mean([passes(trades, openings) for trades in best_of_each_fold(folds, bundles)]) <= 0.05


def test_a_count_of_one_days_bundles_would_let_the_best_pass() -> None:
    """So that the test above can fail: ten bundles a fold, counted as ten."""
    kept = best_of_each_fold(5, MOST_OPENINGS)
    assert np.mean([passes(trades, MOST_OPENINGS) for trades in kept]) > 0.5
