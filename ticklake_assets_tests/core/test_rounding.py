from __future__ import annotations

import pytest

from ticklake_assets.core.rounding import EXACT, rounded, shown


@pytest.mark.parametrize(
    ("value", "seen"),
    [(0.9999996805267157, 1.0), (-13.400000000008873, -13.4), (1.7881393e-07, 1.78814e-07)],
)
def test_numbers_are_rounded_for_the_eye(value: float, seen: float) -> None:
    assert rounded(value) == seen


def test_the_noise_of_a_float_goes_and_its_digits_stay() -> None:
    assert shown(1.1300000000000001) == "1.13"
    assert shown(65432.123) == "65432.123"
    assert rounded(1284.306, EXACT) == 1284.306
    assert shown({"net": -78.69999999999999, "fills": [0.1 + 0.2, 3], "state": "closed"}) == (
        "net -78.7, fills 0.3, 3, state closed"
    )
