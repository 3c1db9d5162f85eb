"""Whole markets through the product's functions, in memory: ticks, gold rows, three folds, the judge.

Two processes at most, and the same cases give the same reports: everything is a function of the case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from typing import NamedTuple

from ticklake_assets.core.folds import fold_as_ofs
from ticklake_assets.modeling.fitting.tuning import TRIALS
from ticklake_assets.modeling.judging.walk_forward import FoldRecord, WalkForwardReport, judge
from ticklake_assets_tests.modeling.foreign import FIRST_TEST, foreign_market
from ticklake_assets_tests.modeling.markets import FIRST, QUICK_TRIALS, fold_of, market

PROCESSES = 2
SYMBOLS = ("SYNEUR", "SYNJPY")


class Case(NamedTuple):
    """A market and the budget of its trainings."""

    symbol: str
    seed: int
    strength: float
    free: bool = False
    """Neither spread nor slippage: costs reject nothing."""
    trials: int = TRIALS
    kind: str | None = None
    """One of `foreign.KINDS`; None is the product's own market of that strength."""
    folds: int = 3
    """Of two test days each."""
    as_broker: bool = False
    """What EURUSD pays, commission and latency included; of a market with a kind."""

    @property
    def name(self) -> str:
        """
        >>> Case("SYNEUR", 7, 0.0, free=True).name
        'SYNEUR of strength 0, seed 7, no costs'
        """
        what = self.kind or f"{self.symbol} of strength {self.strength:g}"
        return f"{what}, seed {self.seed}{', no costs' if self.free else ''}{', as EURUSD' if self.as_broker else ''}"


def cases(
    seeds: Iterable[int], strength: float, *, free: bool = False, trials: int = TRIALS, folds: int = 3
) -> list[Case]:
    """Both symbols at every seed."""
    return [Case(symbol, seed, strength, free, trials, folds=folds) for seed in seeds for symbol in SYMBOLS]


def foreign(
    kinds: Iterable[str],
    seeds: Iterable[int],
    *,
    free: bool = False,
    as_broker: bool = False,
    folds: int = 3,
) -> list[Case]:
    """Every kind at every seed."""
    return [
        Case("SYNEUR", seed, 0.0, free, QUICK_TRIALS, kind, folds, as_broker)
        for kind in kinds
        for seed in seeds
    ]


def folds_of(case: Case) -> list[FoldRecord]:
    """The tested folds of one market, which begins `FIRST_TEST` days before the first test day."""
    days = FIRST_TEST + 2 * case.folds
    if case.kind is None:
        held = market(case.symbol, case.seed, case.strength, days, free=case.free)
    else:
        held = foreign_market(case.kind, case.seed, days, free=case.free, as_broker=case.as_broker)
    as_ofs = fold_as_ofs(FIRST + timedelta(days=days), 2, case.folds)
    return [fold_of(held, as_of, case.trials).record for as_of in as_ofs]


def walked(case: Case) -> WalkForwardReport:
    """The judged chain of one market, on its first opening and with parity given."""
    return judge(folds_of(case), openings=1, parity=1.0)


def walk_all(markets: Sequence[Case]) -> list[WalkForwardReport]:
    """The reports of many markets, in their order."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        return list(pool.map(walked, markets))
