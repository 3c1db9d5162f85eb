"""What a stage finds at an as-of day's place must be of that day: the ledger counts looks by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ticklake_assets.core.errors import BundleError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.fold_stages import FoldStages
from ticklake_assets.lifecycle.handover import FolderHandover, pack_trained, pack_validated
from ticklake_assets.lifecycle.ledger import open_ledger
from ticklake_assets.modeling.fitting.packing import pack
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.resources.tracking import Tracking
from ticklake_assets.settings import Settings
from ticklake_assets.storage.datasets.files import Dataset
from ticklake_assets.storage.models.registry import ModelRegistry
from ticklake_assets_tests.lifecycle.test_fold_inputs import MANIFEST
from ticklake_assets_tests.modeling.markets import market, run_fold, validation_days

MADE_OF = Dataset(replace(MANIFEST, symbol="SYNEUR", as_of=date(2024, 1, 17)), {}, "SYNEUR/2024-01-17/v1")


def stages_at(day: SymbolDay, settings: Settings) -> FoldStages:
    """The signed files of SYNEUR's fold, where this day's own should lie."""
    run, signing = run_fold(), Signing.from_settings(settings)
    key, identity = signing.private, MADE_OF.identity()
    handover = FolderHandover(settings.home)
    handover.put("trained", pack_trained(run.trained, identity, key))
    seen = validation_days(market(), run.fold)
    bundle = pack(run.trained, run.validated, run.fold, market().instrument, identity, key, seen)
    handover.put("validated", pack_validated(bundle, run.validated, key))
    tracking = Tracking(None, ModelRegistry(settings.mlflow), {})
    return FoldStages(
        day, "test", Lake.from_settings(settings), signing, tracking, handover, lambda _: MADE_OF
    )


@pytest.mark.parametrize("stage", ["validate", "test"])
@pytest.mark.parametrize("place", ["SYNEUR 2024-01-19", "SYNJPY 2024-01-17"])
def test_a_fold_that_was_moved_to_another_place_is_refused(tmp_path: Path, stage: str, place: str) -> None:
    """Else variants of one day, each tested at the place of another, would be one look together."""
    symbol, day = place.split()
    settings = Settings(home=tmp_path)
    stages = stages_at(SymbolDay(symbol, date.fromisoformat(day)), settings)
    with pytest.raises(
        BundleError, match=rf"handed over to {symbol}.*{day}.*Expected .*was SYNEUR.*2024-01-17"
    ):
        getattr(stages, stage)()
    ledger = open_ledger(Lake.from_settings(settings), Signing.from_settings(settings))
    assert ledger.head().entries == 0
