from __future__ import annotations

from pathlib import Path

import pytest

from mt5_bridge.terminal.retcodes import RETCODES, Action, is_surely_unsent, retcode

_PAGE = Path(__file__).resolve().parents[3] / "docs" / "bridge.md"


def test_the_page_has_the_table() -> None:
    rows = [
        f"| {row.code} | `{row.name}` | {row.meaning} | {'yes' if row.is_final else 'no'} | `{row.action}` |"
        for row in RETCODES.values()
    ]
    lines = _PAGE.read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("| 100")] == rows


def test_each_code_is_once_in_the_table() -> None:
    assert sorted(RETCODES) == list(RETCODES)
    assert len({row.name for row in RETCODES.values()}) == len(RETCODES)


@pytest.mark.parametrize("code", [0, 10000, 10005, 10037, 10046, 99999, -1])
def test_a_code_that_is_not_in_it_is_unknown(code: int) -> None:
    assert retcode(code).action is Action.UNKNOWN
    assert not retcode(code).is_final


def test_what_may_have_left_is_not_taken_for_refused() -> None:
    """Lost connections, timeouts and failures of the server say nothing of the order."""
    assert {row.name for row in RETCODES.values() if row.action is Action.UNKNOWN} == {
        "ERROR",
        "TIMEOUT",
        "ORDER_CHANGED",
        "LOCKED",
        "CONNECTION",
    }


@pytest.mark.parametrize("code", [1, 0, -1, -3, -6, -8, -10000, -10001, -10002, -10004, -10005])
def test_nothing_but_bad_arguments_says_that_nothing_left(code: int) -> None:
    assert is_surely_unsent(-2)
    assert not is_surely_unsent(code)
