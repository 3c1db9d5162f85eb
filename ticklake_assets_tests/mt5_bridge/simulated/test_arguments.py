from __future__ import annotations

import sys
from typing import Any

import pytest

from mt5_bridge.simulated import arguments
from mt5_bridge.simulated.constants import RES_E_INVALID_PARAMS
from ticklake_assets_tests.mt5_bridge.simulated.argument_calls import FITTING, REQUEST, Call, calls

INVALID = (RES_E_INVALID_PARAMS, "Invalid arguments")


@pytest.mark.parametrize("function", FITTING)
def test_fitting_arguments_are_taken(function: str) -> None:
    assert arguments.check(function, FITTING[function], {}) is None


@pytest.mark.parametrize(
    ("call", "error", "returns"),
    [
        (("symbol_info", ("x" * 30,), {}), INVALID, None),
        (("symbol_select", (5,), {}), INVALID, False),
        (("copy_ticks_range", ("EURUSD", "2024-01-02", 5, -1), {}), INVALID, None),
        (("positions_get", ("EURUSD",), {}), (-2, "Unnamed arguments not allowed"), None),
        (("positions_get", (), {"symbol": 5, "ticket": "5"}), (-2, 'Invalid "ticket" argument'), None),
        (("history_deals_get", (), {"group": "*"}), INVALID, None),
        (("login", (), {}), (-2, 'Invalid "login" argument'), False),
        (("symbols_get", (5,), {}), (-2, "Invalid 1st unnamed argument"), False),
        (("order_send", (REQUEST | {"volume": 1},), {}), (-2, 'Invalid "volume" argument'), None),
        (("order_send", (REQUEST | {"comment": "x" * 30},), {}), (-2, 'Invalid "comment" argument'), None),
        (("order_check", (REQUEST,), REQUEST), (-2, "Unnamed arguments not allowed"), None),
    ],
)
def test_a_refusal_is_the_vendors(call: Call, error: tuple[int, str], *, returns: bool | None) -> None:
    problem = arguments.check(*call)
    assert problem is not None
    assert (problem.error, problem.answer()) == (error, returns)


@pytest.mark.parametrize(
    ("call", "cause"),
    [
        (("order_send", (REQUEST | {"magic": -1},), {}), "can't convert negative int to unsigned"),
        (("order_send", (REQUEST | {"deviation": 2**64},), {}), "int too big to convert"),
        (
            ("copy_ticks_from", ("EURUSD", 0, 1.5, -1), {}),
            "'float' object cannot be interpreted as an integer",
        ),
        (("copy_ticks_range", ("EURUSD", 2**31, 5, -1), {}), "Python int too large to convert to C long"),
    ],
)
def test_a_number_that_c_cannot_hold_is_a_system_error(call: Call, cause: str) -> None:
    problem = arguments.check(*call)
    assert problem is not None
    with pytest.raises(SystemError, match=f"<built-in function {call[0]}> returned a result") as caught:
        problem.answer()
    assert str(caught.value.__cause__) == cause


def test_named_arguments_where_there_are_none() -> None:
    problem = arguments.check("symbol_info", (), {"symbol": "EURUSD"})
    assert problem is not None
    with pytest.raises(TypeError, match=r"symbol_info\(\) takes no keyword arguments"):
        problem.answer()


@pytest.mark.skipif(sys.platform != "win32", reason="the vendor's package is for Windows")
def test_each_call_ends_as_the_vendors() -> None:
    """The real package, without a terminal: what it does not refuse fails later, by another code."""
    import MetaTrader5

    different = []
    number = 0
    for number, (function, args, named) in enumerate(calls(), 1):  # noqa: B007 - counted
        MetaTrader5.shutdown()
        ours = _of_ours(function, args, named)
        theirs = _of_vendor(MetaTrader5, function, args, named, is_late=ours is not None and ours[0] is None)
        if ours != theirs:
            different.append(f"{function}{args!a} {named!a}: ours {ours}, the vendor's {theirs}")
    assert different == []
    assert number > 10_000


def _of_ours(function: str, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...] | None:
    problem = arguments.check(function, args, named)
    if problem is None:
        return None
    try:
        return problem.error, problem.answer()
    except Exception as error:
        return problem.error, *_told(error)


def _of_vendor(
    mt5: Any, function: str, args: tuple[Any, ...], named: dict[str, Any], *, is_late: bool
) -> tuple[Any, ...] | None:
    call = getattr(mt5, function)
    try:
        # Not `**{}`: to C that is something else than no named arguments.
        answer = call(*args, **named) if named else call(*args)
    except Exception as error:
        said = mt5.last_error()
        return (said if said[0] == RES_E_INVALID_PARAMS and not is_late else None), *_told(error)
    said = mt5.last_error()
    return (said, answer) if said[0] == RES_E_INVALID_PARAMS else None


def _told(error: BaseException) -> tuple[type, str, str]:
    """An exception and what it came from first."""
    first = error
    while first.__cause__ is not None:
        first = first.__cause__
    return type(error), str(error), repr(first)
