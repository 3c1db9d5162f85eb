"""Widths and horizons of labels; their outcomes against an independent walker are in test_laws.py."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.broker import ByPrice
from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.labels import barrier_width, day_end_us, horizon_us, label_day, one_barrier
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Quotes
from ticklake_assets_tests.core.quote_builders import DAY, random_quotes

EURUSD = instrument_of("EURUSD")
MINUTE = 60_000_000


def test_the_horizon_is_short_where_the_spread_is_below_half_a_volatility() -> None:
    horizon = horizon_us(np.array([1e-4, 1e-4, 1e-4, 0.0]), np.array([4.9e-5, 5e-5, 2e-4, 0.0]))
    assert horizon.tolist() == [15 * MINUTE, 30 * MINUTE, 30 * MINUTE, 30 * MINUTE]


@pytest.mark.parametrize(
    ("sigma", "spread", "minutes", "points"),
    [
        (1e-4, 1e-5, 15, 28),  # 0.7 * 10 * sqrt(15) = 27.1
        (1e-4, 1e-5, 30, 39),  # 0.7 * 10 * sqrt(30) = 38.3
        (1e-5, 2e-5, 30, 6),  # 3 spreads
        (0.0, 0.0, 30, 1),
    ],
)
def test_the_width_covers_the_volatility_and_three_spreads(
    sigma: float, spread: float, minutes: int, points: int
) -> None:
    width = barrier_width(np.array([sigma]), np.array([spread]), np.array([minutes * MINUTE]), EURUSD)
    assert width[0] == points / 1e5


def test_a_day_without_quotes_has_no_labels() -> None:
    labels = label_day(DAY, Quotes.empty(), features_of_day(DAY, Quotes.empty()), EURUSD)
    assert len(labels.width) == len(labels.known_at_us) == len(labels.long.net) == 0


def test_dtypes_are_those_of_the_table() -> None:
    quotes = random_quotes(3000)
    labels = label_day(DAY, quotes, features_of_day(DAY, quotes), EURUSD)
    assert {labels.horizon_us.dtype, labels.known_at_us.dtype, labels.long.entry_us.dtype} == {np.dtype("i8")}
    assert {labels.outcome.dtype, labels.short.outcome.dtype} == {np.dtype("i1")}
    assert {labels.width.dtype, labels.long.exit.dtype, labels.short.net.dtype} == {np.dtype("f8")}


def test_costs_lower_every_net_and_change_no_path() -> None:
    quotes = random_quotes(12_000, gap_ms=5000)
    events = features_of_day(DAY, quotes)
    cheap, dear = (
        label_day(DAY, quotes, events, EURUSD.charging(slippage_pips=pips, commission=ByPrice(fixed=side)))
        for pips, side in ((0.0, 0.0), (2.0, 1e-4))
    )
    entered = cheap.long.outcome > 0
    assert entered.sum() > 50
    assert (cheap.long.exit_us == dear.long.exit_us).all()
    assert (cheap.long.net - dear.long.net)[entered] == pytest.approx(6e-4)
    assert (dear.outcome == 1).sum() > (cheap.outcome == 1).sum()


def test_an_order_that_nobody_answers_is_known_when_it_expires() -> None:
    """The last event's quote is the day's last: no entry, known at the horizon, not at midnight."""
    quotes = random_quotes(2000)
    events = features_of_day(DAY, quotes)
    at = int(np.searchsorted(quotes.ts_us, events.ts_us[-1]))
    labels = label_day(DAY, Quotes(*(column[: at + 1] for column in quotes)), events, EURUSD)
    assert labels.long.outcome[-1] == 0
    assert labels.known_at_us[-1] == events.ts_us[-1] + labels.horizon_us[-1]


def test_the_day_ends_a_minute_before_the_calendar_s_close() -> None:
    friday = SymbolDay("EURUSD", date(2024, 7, 19))
    assert day_end_us(friday, EURUSD) == friday.start_us + (21 * 60 - 1) * MINUTE  # 17:00 New York in summer
    assert day_end_us(DAY, EURUSD) == DAY.end_us - MINUTE


@given(
    st.sampled_from(["EURUSD", "GBPJPY", "XAUUSD", "SYNEUR"]),
    st.floats(0, 10.0) | st.sampled_from([np.nan, np.inf]),
    st.floats(0, 10.0) | st.sampled_from([np.nan, np.inf]),
)
def test_one_event_s_barrier_has_the_bits_of_the_column_s(symbol: str, sigma: float, spread: float) -> None:
    rules = instrument_of(symbol)
    horizon = horizon_us(np.array([sigma]), np.array([spread]))
    with np.errstate(invalid="ignore"):
        width = barrier_width(np.array([sigma]), np.array([spread]), horizon, rules)
    one = one_barrier(sigma, spread, rules)
    assert np.array([one[0]]).tobytes() == width.tobytes() or (np.isnan(one[0]) and np.isnan(width[0]))
    assert one[1] == horizon[0]
