from __future__ import annotations

import dagster as dg
import pandas as pd
import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.schemas import CLEAN
from ticklake_assets.defs.checks import Audit, specs
from ticklake_assets.defs.clean.checks import SUITE as CLEAN_SUITE
from ticklake_assets.defs.gold.checks import BARS_SUITE, FEATURES_SUITE, LABELS_SUITE
from ticklake_assets.defs.parquet.checks import SUITE as PARQUET_SUITE
from ticklake_assets.resources.expectations import Expectation, Expectations
from ticklake_assets.storage.partitions.arrow_types import arrow_schema
from ticklake_assets_tests.defs.homes import days_from

KEY = dg.AssetKey(["clean", "ticks"])
GOOD, BAD = days_from("EURUSD", "2024-01-15", 2)
SUITE = (
    Expectation("bids_are_there", "Every bid is there.", "ExpectColumnValuesToNotBeNull", {"column": "bid"}),
    Expectation(
        "bids_are_small",
        "No bid is above 2.",
        "ExpectColumnValuesToBeBetween",
        {"column": "bid", "max_value": 2},
    ),
)


def test_a_day_that_breaks_an_expectation_is_not_to_be_published_and_the_checks_say_which() -> None:
    audit = Audit(Expectations(), SUITE, KEY)
    audit.require(GOOD, pd.DataFrame({"bid": [1.0, 2.0]}))
    with pytest.raises(
        DataError, match=r"USD\|2024-01-16 of clean/ticks is not published. Expected bids_are_small"
    ):
        audit.require(BAD, pd.DataFrame({"bid": [1.0, 3.0]}))
    there, small = audit.results()
    assert (there.check_name, there.passed, there.metadata["partitions"].value) == ("bids_are_there", True, 2)
    assert (small.check_name, small.passed) == ("bids_are_small", False)
    assert there.description == "EURUSD 2024-01-15 to 2024-01-16: met by 2 days"
    assert small.description == "EURUSD 2024-01-15 to 2024-01-16: 1 of 2 days failed"
    assert there.metadata["failed"].value == "none"
    (failed,) = small.metadata["failed"].value.records
    assert failed.data["partition"] == BAD.key
    assert "1 unexpected" in str(failed.data["observed"])
    assert small.metadata["expectation"].value == "ExpectColumnValuesToBeBetween(column=bid, max_value=2)"


def test_every_expectation_of_a_suite_is_a_check_of_its_own_name() -> None:
    for suite in (PARQUET_SUITE, CLEAN_SUITE, BARS_SUITE, FEATURES_SUITE, LABELS_SUITE):
        declared = specs(suite, KEY)
        assert [spec.name for spec in declared] == [item.name for item in suite]
        assert len({spec.name for spec in declared}) == len(suite)


def test_a_check_says_in_a_sentence_what_it_asserts() -> None:
    for suite in (PARQUET_SUITE, CLEAN_SUITE, BARS_SUITE, FEATURES_SUITE, LABELS_SUITE):
        for spec in specs(suite, KEY):
            assert spec.description is not None
            assert spec.description[0].isupper()
            assert spec.description.endswith(".")
            assert "Expect" not in spec.description


def test_a_day_without_rows_meets_the_suite_of_clean_ticks() -> None:
    Audit(Expectations(), CLEAN_SUITE, KEY).require(GOOD, arrow_schema(CLEAN).empty_table().to_pandas())
