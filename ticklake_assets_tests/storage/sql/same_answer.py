"""Compare answers row by row: floats to a relative 1e-12, everything else exactly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any


def assert_same_answer(found: Sequence[Sequence[Any]], wanted: Iterable[Sequence[Any]]) -> None:
    """Expect the same rows in the same order."""
    expected = list(wanted)
    assert len(found) == len(expected)
    for number, (row, other) in enumerate(zip(found, expected, strict=True)):
        assert len(row) == len(other)
        assert all(_is_same(*pair) for pair in zip(row, other, strict=True)), f"row {number}: {row} {other}"


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12) or (one != one and other != other)
    return type(one) is type(other) and bool(one == other)
