from __future__ import annotations

from datetime import date

import pytest

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.quote_notes import quote_notes
from ticklake_assets_tests.sources.builders import make_ticks

MONDAY = date(2024, 1, 15)
_HOUR_US = 3_600_000_000


def every(first: float, last: float, step: float = 0.5) -> list[float]:
    return [first + step * number for number in range(round((last - first) / step))]


def sized(size: float | None, symbol: str = "EURUSD") -> list[str]:
    """Notes of a whole Monday with these sizes, a quote each half hour."""
    held = SymbolDay(symbol, MONDAY)
    times = [held.start_us + round(hour * _HOUR_US) for hour in every(0, 24)]
    bids = [1.1 + number / 1_000 for number in range(len(times))]
    return quote_notes(
        held, make_ticks(times, bids, [2.0] * len(times), [size] * len(times), [size] * len(times))
    )


@pytest.mark.parametrize(("symbol", "usual"), [("EURUSD", 1.5), ("XAUUSD", 0.00045), ("BTCUSD", 1e-6)])
def test_usual_sizes_are_not_told_of(symbol: str, usual: float) -> None:
    assert sized(usual, symbol) == []
    assert sized(0.0, symbol) == []


@pytest.mark.parametrize(
    ("symbol", "size", "told"),
    [
        ("EURUSD", 2_250_000.0, "2,250,000 million base units, where 0.0001 to 1000 are usual"),
        ("EURUSD", 2.25e-6, "2.25e-06 million base units"),
        ("XAUUSD", 450.0, "450 million base units, where 0 to 10 are usual"),
        ("BTCUSD", 12.5, "12.5 million base units"),
    ],
)
def test_sizes_in_another_unit_are_told_of(symbol: str, size: float, told: str) -> None:
    (note,) = sized(size, symbol)
    assert note.startswith(f"the median size of {symbol}|2024-01-15 is {told}")


def test_quotes_without_sizes_are_counted() -> None:
    assert sized(None) == [
        (
            "48 of 48 quotes of EURUSD|2024-01-15 have no sizes: they stay unknown, and what is computed from sizes is "
            "0 there"
        )
    ]


@pytest.mark.parametrize(
    ("repeats", "stale", "is_told"), [(0, 0, False), (9, 2, False), (12, 5, True), (201, 194, True)]
)
def test_quotes_that_repeat_are_counted_where_most_do_or_a_rule_takes_many(
    repeats: int,
    stale: int,
    is_told: bool,  # noqa: FBT001
) -> None:
    held = SymbolDay("EURUSD", MONDAY)
    times = [held.start_us + round(hour * _HOUR_US) for hour in every(0, 24, 0.1)]
    bids = [1.1] * (repeats + 1) + [1.2 + number / 1_000 for number in range(239 - repeats)]
    found = quote_notes(held, make_ticks(times, bids, [2.0] * 240))
    assert len(found) == is_told
    if is_told:
        assert found[0].startswith(
            f"{repeats} of 240 quotes of EURUSD|2024-01-15 repeat the one before, but for the time. {stale} of them "
            "come after 8 repeats or more: the rule stale_run takes those"
        )
