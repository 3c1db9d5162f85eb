"""What a trade costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ticklake_assets.core.costs import net_result, round_turn_cost
from ticklake_assets.core.instruments import instrument

JPY = replace(instrument("GBPJPY"), slippage_pips=0.2, commission_pips=0.5)


def test_a_round_turn_slips_twice_and_pays_commission_once() -> None:
    assert round_turn_cost(JPY) == pytest.approx((2 * 0.2 + 0.5) * 0.01)
    assert round_turn_cost(JPY, slippage_factor=2) == pytest.approx((4 * 0.2 + 0.5) * 0.01)


@pytest.mark.parametrize(("side", "expected"), [(1, 0.05 - 0.009), (-1, -0.05 - 0.009)])
def test_net_is_the_move_in_the_order_s_direction_less_the_cost(side: int, expected: float) -> None:
    net = net_result(side, np.array([130.0]), np.array([130.05]), round_turn_cost(JPY))
    assert net[0] == pytest.approx(expected)


def test_no_entry_costs_nothing() -> None:
    assert net_result(1, np.array([np.nan]), np.array([np.nan]), 1.0)[0] == 0.0
