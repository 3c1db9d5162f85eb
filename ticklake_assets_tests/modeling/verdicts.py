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
from ticklake_assets_tests.modeling.drifting import drifting_market
from ticklake_assets_tests.modeling.markets import FIRST, QUICK_TRIALS, chain, fold_of

PROCESSES = 2
SYMBOLS = ("SYNEUR", "SYNJPY")


class Case(NamedTuple):
    """A market and the budget of its trainings."""

    symbol: str
    seed: int
    strength: float
    free: bool = False
    """A spread of one point and no slippage: costs reject nothing."""
    trials: int = TRIALS
    drift_pips: float | None = None
    """A day; such a market has clustered volatility, and no pattern whatever its strength."""


def cases(seeds: Iterable[int], strength: float, *, free: bool = False, trials: int = TRIALS) -> list[Case]:
    """Both symbols at every seed."""
    return [Case(symbol, seed, strength, free, trials) for seed in seeds for symbol in SYMBOLS]


def drifts(seeds: Iterable[int], *, free: bool, pips: Sequence[float] = (80.0, 240.0)) -> list[Case]:
    """Both drifts at every seed."""
    return [Case("SYNEUR", seed, 0.0, free, QUICK_TRIALS, drift) for seed in seeds for drift in pips]


def folds_of(case: Case) -> list[FoldRecord]:
    """The three tested folds of one market."""
    if case.drift_pips is None:
        return chain(case.symbol, case.seed, case.strength, free=case.free, trials=case.trials)
    held = drifting_market(case.seed, case.drift_pips, free=case.free)
    as_ofs = fold_as_ofs(FIRST + timedelta(days=16), 2, 3)
    return [fold_of(held, as_of, case.trials).record for as_of in as_ofs]


def walked(case: Case) -> WalkForwardReport:
    """The judged chain of one market, on its first opening and with parity given."""
    return judge(folds_of(case), openings=1, parity=1.0)


def walk_all(markets: Sequence[Case]) -> list[WalkForwardReport]:
    """The reports of many markets, in their order."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        return list(pool.map(walked, markets))
