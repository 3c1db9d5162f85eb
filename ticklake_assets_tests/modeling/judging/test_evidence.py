"""The nulls of `python -m bench nulls`, small: what passes without an edge, and what must still pass with one."""

from __future__ import annotations

import numpy as np
import pytest

from ticklake_assets.core.metrics import deflated_sharpe, lower_bound_of_mean
from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.judging.evidence import evidence_of
from ticklake_assets.modeling.judging.walk_forward import LEAST_OPENINGS
from ticklake_assets_tests.modeling.nulls import NULLS, Draw, of_one_day, rare_losses

DAYS, TRADES = 6, 60


def share(draw: Draw, chains: int = 1_000, trades: int = TRADES) -> tuple[float, float, float]:
    """How often chains without an edge meet the deflated Sharpe, the lower bound, both."""
    drawn = draw(np.random.default_rng(1), (chains, DAYS, trades))
    proofs = [evidence_of(list(chain), LEAST_OPENINGS) for chain in drawn]
    sharpe = np.array([proof.deflated_sharpe >= 0.95 for proof in proofs])
    bound = np.array([(proof.daily_lower_bound or 0.0) > 0 for proof in proofs])
    return float(sharpe.mean()), float(bound.mean()), float((sharpe & bound).mean())


@pytest.mark.parametrize("name", NULLS)
def test_trades_without_an_edge_seldom_pass(name: str) -> None:
    # 2.5 % is promised; of a thousand draws 3.5 % is two standard deviations more.
    sharpe, bound, both = share(NULLS[name])
    assert both <= 0.035
    assert sharpe <= 0.035
    assert bound <= 0.065


def test_as_if_independent_a_day_effect_would_pass() -> None:
    """So that the test above can fail."""
    drawn = of_one_day(0.1)(np.random.default_rng(1), (1_000, DAYS, TRADES))
    assert np.mean([deflated_sharpe(chain.ravel(), LEAST_OPENINGS) >= 0.95 for chain in drawn]) > 0.1


def test_by_students_t_alone_rare_losses_would_pass() -> None:
    drawn = rare_losses(0.02)(np.random.default_rng(1), (1_000, DAYS, TRADES))
    assert np.mean([lower_bound_of_mean(chain.sum(axis=1)) > 0 for chain in drawn]) > 0.08
    assert share(rare_losses(0.02))[1] < 0.05


def test_an_edge_of_many_trades_still_passes() -> None:
    """Trades as SYNEUR's at strength 1: 1.1 pips in the mean, 3 of standard deviation, 77 a day."""

    def planted(rng: np.random.Generator, shape: tuple[int, int, int]) -> Floats:
        return 1.1 + 3.0 * rng.standard_normal(shape)

    assert share(planted, chains=300, trades=77)[2] >= 0.99


def test_a_day_without_trades_is_a_day() -> None:
    days = list(np.random.default_rng(2).normal(0.5, 1.0, (6, 40)))
    fewer, quiet = evidence_of(days, 5), evidence_of([*days, np.empty(0)], 5)
    assert quiet.daily_lower_bound is not None
    assert fewer.daily_lower_bound is not None
    assert quiet.daily_lower_bound < fewer.daily_lower_bound


def test_no_trades_prove_nothing() -> None:
    nothing = evidence_of([np.empty(0)] * 6, 5)
    assert (nothing.effective_trades, nothing.deflated_sharpe, nothing.daily_lower_bound) == (0.0, 0.0, 0.0)
    assert evidence_of([], 5).daily_lower_bound is None
    assert evidence_of([np.array([1.0, 2.0])], 5).daily_lower_bound is None


def test_a_big_win_does_not_raise_the_bound() -> None:
    days = [np.array([1.0, -0.5, 1.0, 0.2]) + day / 10 for day in range(6)]
    days[2] = days[2] + np.array([0.0, 0.0, 9.0, 0.0])
    assert evidence_of(days, 5).daily_lower_bound == lower_bound_of_mean(
        np.array([day.sum() for day in days])
    )
