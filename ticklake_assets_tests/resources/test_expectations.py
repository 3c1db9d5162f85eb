from __future__ import annotations

import pandas as pd

from ticklake_assets.resources.expectations import Expectation, Expectations

SUITE = (
    Expectation("times_rise", "", "ExpectColumnValuesToBeIncreasing", {"column": "ts", "strictly": True}),
    Expectation("bids_are_there", "", "ExpectColumnValuesToNotBeNull", {"column": "bid"}),
    Expectation("bids_are_small", "", "ExpectColumnValuesToBeBetween", {"column": "bid", "max_value": 2}),
    Expectation("bids_are_large", "", "ExpectColumnValuesToBeBetween", {"column": "bid", "min_value": 1}),
    Expectation("asks_are_there", "", "ExpectColumnValuesToNotBeNull", {"column": "ask"}),
)


def test_each_expectation_answers_under_its_own_name() -> None:
    frame = pd.DataFrame({"ts": [1, 2, 2], "bid": [1.0, None, 3.0], "ask": [2.0, 2.0, 4.0]})
    found = Expectations().test(SUITE, frame)
    assert [finding.name for finding in found] == [item.name for item in SUITE]
    assert [finding.passed for finding in found] == [False, False, False, True, True]
    assert "1 unexpected" in found[1].observed


def test_an_expectation_that_cannot_be_tested_fails() -> None:
    frame = pd.DataFrame({"ts": [1, 2], "bid": [1.0, 1.0]})
    found = {finding.name: finding for finding in Expectations().test(SUITE, frame)}
    assert found["bids_are_large"].passed
    assert not found["asks_are_there"].passed
    assert "ask" in found["asks_are_there"].observed


def test_a_day_without_rows_meets_every_expectation_of_rows() -> None:
    frame = pd.DataFrame({"ts": pd.Series(dtype="int64"), "bid": pd.Series(dtype="float64"), "ask": []})
    assert all(finding.passed for finding in Expectations().test(SUITE, frame))
