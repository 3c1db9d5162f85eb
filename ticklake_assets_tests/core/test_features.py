"""The features: against their definitions, on nasty input, on real days, and listed in the documentation."""

from __future__ import annotations

import lzma
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.core.features import BUILT_IN, FEATURE_TABLE, FEATURES, empty_events, features_of_day
from ticklake_assets.core.schemas import CONTEXT, names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Quotes
from ticklake_assets_tests.core.quote_builders import DAY, quotes_of, random_quotes
from ticklake_assets_tests.oracles.features_by_definition import DayByDefinition

DOCS = Path(__file__).resolve().parents[2] / "docs" / "features.md"


@pytest.mark.parametrize("seed", [3, 4])
def test_events_and_features_are_what_their_definitions_say(seed: int) -> None:
    quotes = random_quotes(900, seed=seed, gap_ms=8000)
    found, slow = features_of_day(DAY, quotes), DayByDefinition(DAY.start_us, quotes)
    events = slow.events()
    assert len(events) > 20
    assert found.ts_us.tolist() == [int(quotes.ts_us[n]) for n, _ in events]
    previous: int | None = None
    start = int(np.flatnonzero(slow.ms - slow.ms[0] < 900_000)[-1])
    for row, (n, side) in enumerate(events):
        expected = slow.features(n, side, previous, start)
        actual = dict(zip(names(BUILT_IN), found.features[row, : len(BUILT_IN)], strict=True))
        assert actual.keys() == expected.keys()
        assert actual == pytest.approx(expected, rel=1e-7, abs=1e-9)
        context = (quotes.bid[n], quotes.ask[n], slow.mid[n], slow.sigma(n), slow.held(slow.spread, n, 6e4))
        assert found.context[row] == pytest.approx(context, rel=1e-9)
        previous = start = n


prices = st.sampled_from([1e-5, 1.1, 1.1, 1.10001, 150.0, 60_000.0, 1e7])
sizes = st.sampled_from([0.0, 0.0, 5e-324, 1e-6, 1.0, 3196.5, 1e308])


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1, 900, 5_000_000, 901_000_000]), prices, prices, sizes, sizes),
        max_size=60,
    )
)
@settings(max_examples=300)
def test_no_clean_quote_makes_a_nan_or_an_infinity(
    steps: list[tuple[int, float, float, float, float]],
) -> None:
    rows, time_us = [], DAY.start_us
    for gap, one, other, bid_size, ask_size in steps:
        time_us += gap
        rows.append((time_us, min(one, other), max(one, other), bid_size, ask_size))
    found = features_of_day(DAY, quotes_of(rows))
    assert np.isfinite(found.features).all()
    assert np.isfinite(found.context).all()
    assert (np.diff(found.ts_us) > 0).all()


def test_a_dead_market_has_no_events() -> None:
    rows = [(DAY.start_us + 1_000_000 * i, 1.1, 1.1, 0.0, 0.0) for i in range(3000)]
    assert len(features_of_day(DAY, quotes_of(rows)).ts_us) == 0


def test_the_first_move_of_a_dead_market_is_measured_by_the_floor() -> None:
    rows = [(DAY.start_us + 1_000_000 * i, 1.0, 1.0, 0.0, 0.0) for i in range(1001)]
    found = features_of_day(DAY, quotes_of([*rows, (rows[-1][0] + 1000, 1.00001, 1.00001, 1.0, 1.0)]))
    actual = dict(zip(names(FEATURES), found.features[0], strict=True))
    assert found.context[0, 3] == 0  # sigma_1m
    assert actual["sigma_bp"] == pytest.approx(0.01)
    assert actual["event_excess"] == pytest.approx(10, rel=1e-3)


def test_a_day_without_quotes_has_no_events() -> None:
    found = features_of_day(DAY, Quotes.empty())
    assert (found.context.shape, found.features.shape) == ((0, len(CONTEXT)), (0, len(FEATURES)))


def test_no_event_before_the_first_quote_is_15_minutes_old() -> None:
    """A move before counts for nothing, the same move a millisecond later is an event."""
    start = DAY.start_us + 40_000_000_000
    calm = [(start + 1_000_000 * i, 1.1 + i % 2 / 1e5, 1.1001, 1.0, 1.0) for i in range(899)]
    for ms, count in ((899_999, 0), (900_000, 1)):
        moved = [
            *calm,
            (start + ms * 1000, 1.2, 1.2001, 1.0, 1.0),
            (start + 901_000_000, 1.2, 1.2001, 1.0, 1.0),
        ]
        assert len(features_of_day(DAY, quotes_of(moved)).ts_us) == count


def test_an_event_is_never_at_the_same_time_as_the_one_before() -> None:
    """`ts_event` is gold's key: a second jump in one microsecond waits for the next quote."""
    calm = [(DAY.start_us + 1_000_000 * i, 1.1 + i % 2 / 1e5, 1.1001, 1.0, 1.0) for i in range(1000)]
    at = calm[-1][0] + 1_000_000
    jumps = [(at, 1.2, 1.2001, 1.0, 1.0), (at, 1.3, 1.3001, 1.0, 1.0), (at + 1, 1.4, 1.4001, 1.0, 1.0)]
    assert features_of_day(DAY, quotes_of(calm + jumps)).ts_us.tolist() == [at, at + 1]


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_an_event_is_the_first_quote_of_its_time(seed: int) -> None:
    """So its time alone says which quote it is; a jump at a later one of them waits for the next time."""
    quotes = random_quotes(3000, seed=seed, gap_ms=8000)
    quotes = quotes._replace(ts_us=quotes.ts_us // 20_000_000 * 20_000_000)
    found = features_of_day(DAY, quotes)
    first = np.searchsorted(quotes.ts_us, found.ts_us)
    assert len(found.ts_us) > 50
    assert (quotes.ts_us[first + 1] == found.ts_us).mean() > 0.5
    assert found.context[:, :2].tolist() == np.column_stack([quotes.bid, quotes.ask])[first].tolist()


def test_features_do_not_depend_on_the_price_level() -> None:
    """A symbol quoted a hundred times higher has the same features: one model fits both."""
    quotes = random_quotes(6000, gap_ms=5000)
    high = quotes._replace(bid=quotes.bid * 128, ask=quotes.ask * 128)  # a power of two: exact
    small, large = features_of_day(DAY, quotes), features_of_day(DAY, high)
    assert len(small.ts_us) > 50
    built_in = np.s_[:, : len(BUILT_IN)]
    assert small.features[built_in].tobytes() == large.features[built_in].tobytes()


def test_read_only_columns_are_taken() -> None:
    quotes = random_quotes(2000)
    for column in quotes:
        column.flags.writeable = False
    assert len(features_of_day(DAY, quotes).ts_us) > 0


@pytest.mark.parametrize(("day", "least", "most"), [(3, 431, 600), (19, 431, 600)])
def test_a_real_day_has_about_500_events(shared_data: Path, day: int, least: int, most: int) -> None:
    """Measured on GBPJPY in December 2012: 431 to 600 a day."""
    partition = SymbolDay("GBPJPY", date(2012, 12, day))
    found = features_of_day(partition, _real_quotes(shared_data, partition))
    assert least <= len(found.ts_us) <= most
    assert np.isfinite(found.features).all()


def _real_quotes(shared_data: Path, day: SymbolDay) -> Quotes:
    """A recorded day of GBPJPY: bi5 hours, months counted from 0."""
    folder = shared_data / "dukascopy" / day.symbol / f"{day.trading_day:%Y}/11/{day.trading_day:%d}"
    record = np.dtype(
        [("ms", ">u4"), ("ask", ">u4"), ("bid", ">u4"), ("ask_size", ">f4"), ("bid_size", ">f4")]
    )
    hours = []
    for hour in range(24):
        packed = (folder / f"{hour:02}h_ticks.bi5").read_bytes()
        ticks = np.frombuffer(lzma.decompress(packed) if packed else b"", dtype=record)
        ts_us = day.start_us + (hour * 3_600_000 + ticks["ms"].astype(np.int64)) * 1000
        sizes = ticks["bid_size"].astype(np.float64), ticks["ask_size"].astype(np.float64)
        hours.append(Quotes(ts_us, ticks["bid"] / 1000, ticks["ask"] / 1000, *sizes))
    return Quotes(*(np.concatenate(column) for column in zip(*hours, strict=True)))


def test_the_table_has_the_features_once_and_nothing_of_the_kernel_may_be_missing() -> None:
    every = names(FEATURE_TABLE)
    assert len(FEATURES) >= 24
    assert len(set(every)) == len(every)
    assert not any(column.nullable for column in (*CONTEXT, *BUILT_IN))
    assert len(CONTEXT) == empty_events(1).context.shape[1]


def test_the_documentation_lists_every_column() -> None:
    context, features = (
        "\n".join(f"| `{column.name}` | {column.doc} |" for column in columns)
        for columns in (CONTEXT, BUILT_IN)
    )
    text = DOCS.read_text(encoding="utf-8")
    assert context in text, f"docs/features.md should hold these rows:\n{context}"
    assert features in text, f"docs/features.md should hold these rows:\n{features}"
    assert text.count("\n| `") == len(CONTEXT) + len(BUILT_IN)
