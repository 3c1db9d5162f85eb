from __future__ import annotations

import base64
import re

import numpy as np
import pyarrow as pa
import pytest

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.clean.plots import quotes_by_hour
from ticklake_assets.modeling.report.sketch import MOST_CHARACTERS
from ticklake_assets_tests.defs.homes import days_from

(DAY,) = days_from("EURUSD", "2024-01-15", 1)


def drawn(day: SymbolDay, hours: np.ndarray, spread: np.ndarray) -> tuple[str, str]:
    """Its words and its SVG."""
    times = pa.array(day.start_us + hours * 3_600_000_000, pa.timestamp("us"))
    shown = str(quotes_by_hour(day, pa.table({"ts_event": times, "spread": spread})).value)
    assert len(shown) < MOST_CHARACTERS
    found = re.fullmatch(r"!\[([^\]]+)\]\(data:image/svg\+xml;base64,(.+)\)", shown)
    assert found is not None
    return found[1], base64.b64decode(found[2]).decode()


@pytest.mark.parametrize("seed", range(3))
def test_a_full_day_is_small_enough_to_be_shown(seed: int) -> None:
    random = np.random.default_rng(seed)
    hours = np.concatenate([np.arange(24), random.integers(0, 24, 200_000)])
    words, svg = drawn(DAY, hours, random.uniform(0.00001, 0.9, len(hours)))
    assert svg.count("v-") == 24
    assert "ticks an hour" in words


def test_hours_without_quotes_are_gaps() -> None:
    words, svg = drawn(DAY, np.array([3, 3, 4, 9]), np.array([0.0001, 0.0003, 0.0001, 0.0002]))
    assert words == "0 to 24 h UTC: up to 2 ticks an hour; spread up to 2 pips"
    assert svg.count("v-") == 3
    assert svg.count("h2") == 1, "an hour alone is a point"


def test_a_day_without_quotes_is_drawn_empty() -> None:
    words, svg = drawn(DAY, np.array([], dtype=np.int64), np.array([], dtype=float))
    assert words.startswith("0 to 24 h UTC: up to 0 ticks")
    assert "<path" not in svg
