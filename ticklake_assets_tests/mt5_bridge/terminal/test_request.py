from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt5_bridge.errors import OrderRefused
from mt5_bridge.terminal.records import Symbol, SymbolTick, read
from mt5_bridge.terminal.request import comment_of, entry_request, magic_of, on_grid, part_of
from mt5_bridge.terminal.stops import points_between, too_near
from ticklake_assets_tests.mt5_bridge.orders import make_order
from ticklake_assets_tests.mt5_bridge.scripted_account import ScriptedAccount
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import Constants

_TICK = SymbolTick(0, 1.1, 1.10002)


def _symbol(**changes: Any) -> Symbol:
    return read(Symbol, ScriptedAccount(symbol=changes).symbol_info("EURUSD.m"))


@given(st.integers(0, 2**64 - 1))
def test_magic_and_comment_fit_what_the_package_takes(number: int) -> None:
    intent_id = f"{number:016x}"
    assert 0 <= magic_of(intent_id) < 2**63
    assert len(comment_of(intent_id)) <= 29


@pytest.mark.parametrize(
    ("mask", "execution", "filling"),
    [
        (3, 2, Constants.ORDER_FILLING_FOK),
        (1, 2, Constants.ORDER_FILLING_FOK),
        (2, 2, Constants.ORDER_FILLING_IOC),
        (4, 2, None),
        (0, 2, None),
        (0, 3, Constants.ORDER_FILLING_RETURN),
        (2, 3, Constants.ORDER_FILLING_IOC),
        (0, 1, Constants.ORDER_FILLING_FOK),
        (0, 0, Constants.ORDER_FILLING_FOK),
    ],
)
def test_the_filling_mode_is_one_that_the_symbol_has(mask: int, execution: int, filling: int | None) -> None:
    symbol = _symbol(filling_mode=mask, trade_exemode=execution)
    if filling is None:
        with pytest.raises(OrderRefused, match=f"was filling mode {mask}"):
            entry_request(ScriptedAccount(), make_order(), symbol, _TICK, 0)
    else:
        assert entry_request(ScriptedAccount(), make_order(), symbol, _TICK, 0)["type_filling"] == filling


@given(st.integers(1, 300_000), st.sampled_from([(1e-5, 5), (1e-3, 3), (0.01, 2), (1e-10, 10)]))
def test_a_price_on_the_grid_is_left_as_it_is_to_the_bit(points: int, grid: tuple[float, int]) -> None:
    point, digits = grid
    price = round(points * point, digits)
    assert on_grid(price, _symbol(point=point, trade_tick_size=point)) == price


@pytest.mark.parametrize(
    ("price", "tick", "expected"),
    [(1.100004, 1e-5, 1.1), (1.1001, 0.00025, 1.1), (1.1002, 0.00025, 1.10025), (1.1, 0.0, 1.1)],
)
def test_a_price_between_goes_to_the_nearest(price: float, tick: float, expected: float) -> None:
    assert on_grid(price, _symbol(trade_tick_size=tick)) == expected


@given(st.integers(1, 10_000), st.sampled_from(["0.01", "0.1", "0.05", "1", "0.001"]))
def test_a_volume_is_on_its_step_exactly(steps: int, step: str) -> None:
    volume = steps * Decimal(step)
    symbol = _symbol(volume_step=float(step), volume_min=float(step), volume_max=1e6)
    order = make_order(volume=volume)
    assert Decimal(repr(entry_request(ScriptedAccount(), order, symbol, _TICK, 0)["volume"])) == volume
    assert part_of(volume + Decimal(step) / 3, symbol) == volume
    off = make_order(volume=volume + Decimal(step) / 3)
    with pytest.raises(OrderRefused, match="in steps of"):
        entry_request(ScriptedAccount(), off, symbol, _TICK, 0)


@pytest.mark.parametrize(
    ("side", "stop", "target", "named"),
    [
        ("long", 1.0999, 1.1001, None),
        ("long", 1.09991, 1.1001, "stop"),
        ("long", 1.0999, 1.10009, "target"),
        ("short", 1.10012, 1.09992, None),
        ("short", 1.10011, 1.09992, "stop"),
        ("short", 1.10012, 1.09993, "target"),
        ("long", 0.0, 0.0, None),
    ],
)
def test_the_stops_level_counts_from_the_exit_side(
    side: str, stop: float, target: float, named: str | None
) -> None:
    told = too_near(side, stop, target, _TICK, _symbol(trade_stops_level=10))
    assert told is None if named is None else f"Expected a {named} 10 points or more" in str(told)


def test_points_are_whole() -> None:
    assert points_between(1.1, 1.09993, _symbol()) == 7
