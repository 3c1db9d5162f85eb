from __future__ import annotations

from datetime import date

import pytest

from ticklake_assets.core.holidays import day_in, observed


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("12-25", date(2024, 12, 25)),
        ("good friday", date(2024, 3, 29)),
        ("easter monday", date(2024, 4, 1)),
        ("first monday of september", date(2024, 9, 2)),
        ("last monday of may", date(2024, 5, 27)),
        ("last thursday of february", date(2024, 2, 29)),
        ("thanksgiving", date(2024, 11, 28)),
        ("day after thanksgiving", date(2024, 11, 29)),
    ],
)
def test_a_name_is_a_day_of_its_year(name: str, day: date) -> None:
    assert day_in(name, 2024) == day


@pytest.mark.parametrize("name", ["christmas", "13-01", "02-30", "fifth monday of may", ""])
def test_another_word_is_refused_with_what_is_expected(name: str) -> None:
    with pytest.raises(ValueError, match=r"Expected a day like 12-25, .* was"):
        day_in(name, 2024)


def test_a_holiday_of_a_weekend_is_kept_on_the_nearest_weekday() -> None:
    assert observed(date(2020, 7, 4)) == date(2020, 7, 3)
    assert observed(date(2021, 7, 4)) == date(2021, 7, 5)
    assert observed(date(2024, 7, 4)) == date(2024, 7, 4)
