"""Minute bars against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from ticklake_assets.core.bars import minute_bars
from ticklake_assets.core.schemas import BARS, PARTITION, names
from ticklake_assets.core.tables import Quotes
from ticklake_assets_tests.core.quote_builders import DAY, quotes_of, random_quotes

MINUTE = 60_000_000


def naive(quotes: Quotes) -> list[tuple[float, ...]]:
    """Rows in the order of the schema, from a dictionary of minutes."""
    minutes: dict[int, list[tuple[float, float]]] = {}
    for ts_us, bid, ask in zip(quotes.ts_us.tolist(), quotes.bid.tolist(), quotes.ask.tolist(), strict=True):
        minutes.setdefault(ts_us // MINUTE * MINUTE + MINUTE, []).append((bid, ask))
    rows = []
    for bar_end, seen in minutes.items():
        bid, ask = zip(*seen, strict=True)
        prices = (bid[0], max(bid), min(bid), bid[-1], ask[0], max(ask), min(ask), ask[-1])
        total = 0.0
        for one_bid, one_ask in seen:
            total += one_ask - one_bid
        rows.append((bar_end, *prices, len(seen), total / len(seen)))
    return rows


@pytest.mark.parametrize(("seed", "gap_ms"), [(1, 4000), (2, 100), (3, 90_000)])
def test_bars_are_a_plain_loop_s_to_the_bit(seed: int, gap_ms: int) -> None:
    quotes = random_quotes(900 if gap_ms > 9000 else 3000, seed=seed, gap_ms=gap_ms)
    bars = minute_bars(DAY, quotes)
    assert list(bars) == names(BARS)[len(PARTITION) :]
    assert list(zip(*(column.tolist() for column in bars.values()), strict=True)) == naive(quotes)


def test_a_minute_is_half_open_and_named_by_its_close() -> None:
    at = DAY.start_us
    rows = [(at, 1.0, 1.1, 1, 1), (at + MINUTE - 1, 1.2, 1.3, 1, 1), (at + MINUTE, 1.4, 1.5, 1, 1)]
    bars = minute_bars(DAY, quotes_of([*rows, (DAY.end_us - 1, 1.6, 1.7, 1, 1)]))
    assert bars["bar_end"].tolist() == [at + MINUTE, at + 2 * MINUTE, DAY.end_us]
    assert bars["tick_count"].tolist() == [2, 1, 1]


def test_a_day_without_quotes_has_no_bars_but_every_column() -> None:
    bars = minute_bars(DAY, Quotes.empty())
    assert list(bars) == names(BARS)[len(PARTITION) :]
    assert {len(column) for column in bars.values()} == {0}
    assert {name for name, column in bars.items() if column.dtype == np.int64} == {"bar_end", "tick_count"}
