"""Neighbours of a frozen fold: what they leave in the ledger, and what they do not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.ledger import open_ledger
from ticklake_assets.lifecycle.sensitivity import RUN, make_neighbours
from ticklake_assets.modeling.fitting.thresholds import QUANTILES
from ticklake_assets.modeling.fitting.tuning import Budget
from ticklake_assets.modeling.judging.sensitivity import Sensitivity, variants_of
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets_tests.lifecycle.frozen_market import AS_OF, freeze_synthetic_dataset


def made(settings: Settings, day: SymbolDay = AS_OF) -> Sensitivity:
    lake, datasets = Lake.from_settings(settings), Datasets.from_settings(settings)
    signing = Signing.from_settings(settings)
    return make_neighbours(day, 1, lake, signing, datasets, variants_of(1)[1:2], Budget(1))


def test_neighbours_are_fits_and_selections_and_never_openings(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    freeze_synthetic_dataset(settings)
    found = made(settings)
    assert [each.what for each in found.neighbours] == ["seed", "threshold", "threshold"]
    ledger = open_ledger(Lake.from_settings(settings), Signing.from_settings(settings))
    notes = {kind: ledger.notes(kind, AS_OF.symbol) for kind in ("fits", "selections", "openings", "chains")}
    assert {kind: len(each) for kind, each in notes.items()} == {
        "fits": 1, "selections": 1, "openings": 0, "chains": 0,
    }  # fmt: skip
    assert [note["parameters"]["variant"] for note in notes["selections"].values()] == ["seed: 2"]
    assert all(RUN in note["by"] for note in notes["fits"].values())
    counted = ledger.selections(AS_OF.symbol, AS_OF.trading_day)
    assert counted == len(QUANTILES)
    (selection,) = notes["selections"].values()
    assert list(selection["days"]) == ["2024-01-13", "2024-01-14"]
    assert ledger.met(AS_OF.symbol, [date(2024, 1, 14)]) == 1, "a look for who tests that day afterwards"
    assert made(settings) == found
    assert ledger.selections(AS_OF.symbol, AS_OF.trading_day) == counted, "the same again counts once"


def test_a_fold_without_a_dataset_is_named(tmp_path: Path) -> None:
    with pytest.raises(TicklakeError, match="2023-05-05"):
        made(Settings(home=tmp_path), SymbolDay("SYNEUR", date(2023, 5, 5)))
