"""What a trade costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from ticklake_assets.core.costs import net_result, round_turn_cost, swap_cost
from ticklake_assets.core.instruments import INSTRUMENTS, instrument_of
from ticklake_assets.core.symbol_day import SymbolDay

JPY = replace(instrument_of("GBPJPY"), slippage_pips=0.2, commission_pips=0.5)


def test_a_round_turn_slips_twice_and_pays_commission_once() -> None:
    assert round_turn_cost(JPY) == pytest.approx((2 * 0.2 + 0.5) * 0.01)
    assert round_turn_cost(JPY, slippage_factor=2) == pytest.approx((4 * 0.2 + 0.5) * 0.01)


@pytest.mark.parametrize(("side", "expected"), [(1, 0.05 - 0.009), (-1, -0.05 - 0.009)])
def test_net_is_the_move_in_the_order_s_direction_less_the_cost(side: int, expected: float) -> None:
    net = net_result(side, np.array([130.0]), np.array([130.05]), round_turn_cost(JPY))
    assert net[0] == pytest.approx(expected)


def test_no_entry_costs_nothing() -> None:
    assert net_result(1, np.array([np.nan]), np.array([np.nan]), 1.0)[0] == 0.0


HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("day", "rollover_hour", "nights"),
    [
        (date(2024, 1, 15), 22, 1),  # Monday, New York in winter
        (date(2024, 7, 15), 21, 1),  # in summer
        (date(2024, 1, 17), 22, 3),  # Wednesday settles over the weekend
        (date(2024, 1, 19), 22, 1),
        (date(2024, 1, 20), 22, 0),  # Saturday
        (date(2024, 1, 21), 22, 0),
    ],
)
def test_who_is_open_at_the_rollover_pays_for_the_night(day: date, rollover_hour: int, nights: int) -> None:
    symbol_day = SymbolDay("GBPJPY", day)
    moment = symbol_day.start_us + rollover_hour * HOUR
    entry = np.array([moment - 1, moment - 1, moment, moment - HOUR])
    exit_ = np.array([moment, moment - 1, moment + HOUR, moment + HOUR])
    known = replace(JPY, swap_pips=1.5)
    paid = nights * 1.5 * 0.01
    assert swap_cost(symbol_day, known, entry, exit_).tolist() == pytest.approx([paid, 0.0, 0.0, paid])


def test_every_real_symbol_pays_swap_and_no_synthetic_one() -> None:
    assert all((instrument.swap_pips > 0) != instrument.is_synthetic for instrument in INSTRUMENTS.values())
