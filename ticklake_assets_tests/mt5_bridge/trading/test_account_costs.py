from __future__ import annotations

from typing import NamedTuple

import pytest

from mt5_bridge.trading.account_costs import AccountCosts, charged, misfits
from mt5_bridge.wire.contract import ByPrice
from ticklake_assets_tests.mt5_bridge.orders import FACTS

_PIP = 1e-4
_JUDGED = FACTS.costs.model_copy(
    update={
        "commission": ByPrice(share=3.5e-5, fixed=0.0),
        "swap_long_pips": 0.5,
        "swap_short_pips": -0.2,
    }
)
"""A commission of 35 a million: 0.385 pips at 1.1."""


class Terms(NamedTuple):
    """EURUSD of an account in USD: a point of a lot is worth a dollar."""

    point: float = 1e-5
    bid: float = 1.1
    trade_contract_size: float = 100_000.0
    trade_tick_size: float = 1e-5
    trade_tick_value: float = 1.0
    swap_mode: int = 1
    swap_long: float = -5.0
    swap_short: float = 2.0
    swap_rollover3days: int = 3


class Deal(NamedTuple):
    type: int
    volume: float
    commission: float
    fee: float = 0.0


def _misfits(terms: Terms, deals: list[Deal], stated: float | None = None) -> list[str]:
    return misfits(_JUDGED, charged(terms, deals, stated), 1.1, _PIP, 0.01)


def test_an_account_of_the_profiles_costs_fits() -> None:
    assert _misfits(Terms(), [Deal(0, 0.5, -1.9)]) == []  # 3.8 a lot: 0.38 pips
    assert _misfits(Terms(), [], 3.8) == []
    assert _misfits(Terms(swap_long=3.0, swap_short=9.0), [Deal(1, 1.0, 0.0)]) == [], "cheaper fits as well"


def test_the_dearest_deal_counts_and_what_moved_the_balance_does_not() -> None:
    deals = [Deal(0, 1.0, -3.5), Deal(1, 0.1, -0.3, -0.1), Deal(2, 0.0, 0.0), Deal(7, 1.0, -99.0)]
    assert charged(Terms(), deals, 1.0).commission == pytest.approx(4e-5)
    (complaint,) = _misfits(Terms(), deals)
    assert complaint.startswith("Expected a commission of at most 0.385 pips a side")
    assert complaint.endswith("was 0.400")


def test_a_commission_that_nobody_knows_does_not_fit() -> None:
    assert _misfits(Terms(), []) == [
        "Expected commission_per_lot of the symbol in the configuration, as the history has no deal of it"
    ]


def test_a_dearer_swap_is_said_by_side() -> None:
    long, short = _misfits(Terms(swap_long=-6.0, swap_short=1.0), [], 0.0)
    assert long.startswith("Expected a swap long of at most 0.500 pips a night")
    assert long.endswith("was 0.600")
    assert short.endswith("was -0.100")


def test_another_triple_day_is_said_where_there_is_a_swap() -> None:
    assert _misfits(Terms(swap_rollover3days=5), [], 0.0) == [
        "Expected the triple swap on weekday 2 (0 is Monday), was 4"
    ]
    assert _misfits(Terms(swap_mode=0, swap_rollover3days=5), [], 0.0) == [
        "Expected a swap short of at most -0.200 pips a night by the profile tests, was 0.000"
    ]


@pytest.mark.parametrize(
    ("terms", "swap_long"),
    [
        (Terms(swap_mode=0), 0.0),
        (Terms(swap_mode=1), 5e-5),
        (Terms(swap_mode=2), 5.0 * 1.1 / 100_000),
        (Terms(swap_mode=4), 5e-5),
        (Terms(swap_mode=5), 0.05 * 1.1 / 360),
        (Terms(swap_mode=6), 0.05 * 1.1 / 360),
    ],
)
def test_each_way_to_state_a_swap_becomes_a_cost(terms: Terms, swap_long: float) -> None:
    assert charged(terms, [], 0.0).swap_long == pytest.approx(swap_long)


def test_a_swap_of_which_no_cost_can_be_told_does_not_fit() -> None:
    assert charged(Terms(swap_mode=7), [], 0.0) == AccountCosts(0.0, None, None, 2)
    assert [line[:42] for line in _misfits(Terms(swap_mode=3), [], 0.0)] == [
        "Expected a swap long whose cost can be tol",
        "Expected a swap short whose cost can be to",
    ]
