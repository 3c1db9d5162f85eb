"""A chain is judged by a ledger that still has what earlier judgements of its symbol knew of it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import mlflow
import pytest

from ticklake_assets.core.clock import SYSTEM_CLOCK
from ticklake_assets.core.errors import ImmutabilityError
from ticklake_assets.lifecycle.chain import open_chain
from ticklake_assets.lifecycle.judgement import Judgement
from ticklake_assets.lifecycle.ledger import expect_judged_heads, open_ledger
from ticklake_assets.modeling.deployed.signing import signed_document
from ticklake_assets.modeling.judging.walk_forward import FoldRecord, judge
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.resources.tracking import Tracking
from ticklake_assets.settings import Settings
from ticklake_assets.storage.models.registry import ModelRegistry
from ticklake_assets.storage.models.stage_files import ModelFiles, SymbolBundle
from ticklake_assets.storage.models.trial_ledger import TrialLedger
from ticklake_assets_tests.modeling.chains import chain_to

SYMBOL = "SYNEUR"


class Desk(NamedTuple):
    """A lake with a ledger, without anything that could be replayed."""

    settings: Settings

    @property
    def lake(self) -> Lake:
        return Lake.from_settings(self.settings)

    @property
    def signing(self) -> Signing:
        return Signing.from_settings(self.settings)

    @property
    def ledger(self) -> TrialLedger:
        return open_ledger(self.lake, self.signing)

    @property
    def entries(self) -> list[Path]:
        return sorted(Path(self.lake.store.uri("ledger/chain")).iterdir())

    def opened(self, digest: str) -> list[FoldRecord]:
        """A chain that ends with this bundle, its tests in the ledger."""
        folds = chain_to(digest, date(2024, 1, 20))
        for fold in folds:
            self.ledger.record_opening(SYMBOL, [day.day for day in fold.test.days], fold.test.bundle)
        return folds

    def judged(self, folds: Sequence[FoldRecord]) -> None:
        """The judgement, signed where it is looked for."""
        state = open_chain(self.ledger, folds, "test")
        signed = signed_document(judge(folds, state.total, 1.0, None, state), self.signing.private)
        ModelFiles(self.lake.store).put("judged", SymbolBundle(SYMBOL, folds[-1].test.bundle), signed)

    def judge(self, folds: Sequence[FoldRecord]) -> None:
        """As `report/walk_forward` does."""
        registry = ModelRegistry(f"sqlite:///{self.settings.home}/mlflow.db")
        tracking = Tracking(mlflow, registry, {})
        Judgement(self.lake, Gold.from_settings(self.settings), self.signing, tracking).of(folds, "test")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Settings(home=tmp_path))


def test_a_tail_that_was_cut_is_known_by_earlier_judgements_when_the_witness_is_gone(desk: Desk) -> None:
    """Openings fell from three to one without a word: only `trials --verify` had looked there."""
    first = desk.opened("a" * 64)
    kept = len(desk.entries)
    for digest in ("b" * 64, "c" * 64):
        folds = desk.opened(digest)
    desk.judged(folds)
    desk.signing.witness.unlink()
    for entry in desk.entries[kept:]:
        entry.unlink()
    assert desk.ledger.met(SYMBOL, [first[-1].test.days[0].day]) == 1
    said = rf"was cut or begun anew: models/judged/SYNEUR/{'c' * 64} knows entry 11. Expected .*, was {kept}"
    with pytest.raises(ImmutabilityError, match=said):
        desk.judge(first)
    assert len(desk.entries) == kept, "nothing was noted"


def test_a_ledger_that_is_whole_or_begun_anew_is_held_against_its_own_history(desk: Desk) -> None:
    desk.judged(desk.opened("a" * 64))
    expect_judged_heads(desk.ledger, desk.lake, desk.signing, SYMBOL)
    desk.signing.witness.unlink()
    shutil.rmtree(desk.lake.store.uri("ledger"))
    expect_judged_heads(desk.ledger, desk.lake, desk.signing, SYMBOL)
    later = replace(SYSTEM_CLOCK, now=lambda: datetime(2199, 1, 1, tzinfo=UTC))
    anew = TrialLedger(desk.lake.store, desk.signing.private, desk.signing.witness, clock=later)
    anew.record_opening(SYMBOL, [date(2024, 1, 2)], "another")
    expect_judged_heads(desk.ledger, desk.lake, desk.signing, SYMBOL)
