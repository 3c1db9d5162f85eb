"""Whole markets through the product's functions, in memory: ticks, gold rows, three folds, the judge.

Two processes at most, and the same cases give the same reports: everything is a function of the case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

from ticklake_assets.modeling.fitting.tuning import TRIALS
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport, judge
from ticklake_assets_tests.modeling.markets import chain

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


def cases(seeds: Iterable[int], strength: float, *, free: bool = False, trials: int = TRIALS) -> list[Case]:
    """Both symbols at every seed."""
    return [Case(symbol, seed, strength, free, trials) for seed in seeds for symbol in SYMBOLS]


def walked(case: Case) -> WalkForwardReport:
    """The judged chain of one market, on its first opening and with parity given."""
    folds = chain(case.symbol, case.seed, case.strength, free=case.free, trials=case.trials)
    return judge(folds, openings=1, parity=1.0)


def walk_all(markets: Sequence[Case]) -> list[WalkForwardReport]:
    """The reports of many markets, in their order."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        return list(pool.map(walked, markets))
