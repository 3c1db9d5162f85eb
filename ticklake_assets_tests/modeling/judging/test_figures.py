from __future__ import annotations

import numpy as np
import pytest

from ticklake_assets.modeling.judging.figures import trade_figures


def test_the_figures_are_those_of_the_trades_and_days() -> None:
    figures = trade_figures(np.array([3.0, -1.0, 2.0, -1.5, 0.0]), np.array([2.0, 0.5]))
    assert figures.hit_rate == pytest.approx(2 / 5), "a trade that earned nothing is no hit"
    assert figures.profit_factor == pytest.approx(2.0)
    assert figures.average_pips == pytest.approx(0.5)
    assert figures.daily_sharpe == pytest.approx(1.25 / (1.5 / np.sqrt(2)))


def test_what_cannot_be_measured_is_not() -> None:
    none = trade_figures(np.array([]), np.array([0.0]))
    assert set(none.model_dump().values()) == {None}
    assert trade_figures(np.array([1.0]), np.array([1.0, 2.0])).profit_factor is None, "nothing was lost"
