from __future__ import annotations

import math

import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.storage.datasets.check_results import CheckResult, from_json, require, to_json


def test_all_failing_checks_are_named() -> None:
    checks = [
        CheckResult("a", 2, "= 0", False, ""),
        CheckResult("b", 0, "= 0", True, ""),
        CheckResult("c", 0, ">= 1", False, ""),
    ]
    require(checks[1:2], "It")
    with pytest.raises(
        DataError, match=r"2 of 3 checks fail\. a: expected = 0, was 2; c: expected >= 1, was 0"
    ):
        require(checks, "It")


def test_the_table_comes_back_from_json_with_what_could_not_be_counted() -> None:
    checks = [CheckResult("a", 2.5, "= 0", False, "Says."), CheckResult("b", math.nan, "reported", True, "")]
    first, second = from_json(to_json(checks))
    assert first == checks[0]
    assert math.isnan(second.value)
    assert second[2:] == checks[1][2:]
    assert b"NaN" not in to_json(checks)
    assert from_json(to_json([])) == []
