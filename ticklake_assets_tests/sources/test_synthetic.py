from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats
from ticklake_assets.sources.dirt import DirtPlan
from ticklake_assets.sources.source import TICK_SCHEMA
from ticklake_assets.sources.synthetic import Market, SyntheticSource, synthetic_day
from ticklake_assets_tests.sources.fake_clock import FakeClock

_DAYS = [date(2024, 1, 8) + timedelta(days=offset) for offset in range(6)]


def _columns(table: pa.Table) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    seconds = table["ts_event"].cast(pa.int64()).to_numpy() / 1e6
    bid, ask, bid_size, ask_size = (table[name].to_numpy() for name in TICK_SCHEMA.names[1:])
    return seconds, bid, ask, bid_size, ask_size


@pytest.mark.parametrize("symbol", ["SYNEUR", "SYNJPY", "EURUSD", "BTCUSD", "XAUUSD"])
def test_quotes_are_realistic(symbol: str) -> None:
    instrument = instrument_of(symbol)
    day = SymbolDay(symbol, date(2024, 1, 9))
    table = SyntheticSource(seed=1, strength=1.0).fetch_day(day)
    _, bid, ask, bid_size, ask_size = _columns(table)
    assert table.schema == TICK_SCHEMA
    rows = 29_500 if symbol == "XAUUSD" else 30_000  # less an hour's break
    assert abs(table.num_rows - rows) < 50
    times = table["ts_event"].cast(pa.int64()).to_numpy()
    assert (np.diff(times) > 0).all()
    assert (times % 1_000 == 0).all()
    assert times[0] >= day.start_us
    assert times[-1] < day.end_us
    for price in (bid, ask):
        np.testing.assert_array_equal(price, np.array([float(f"{p:.{instrument.digits}f}") for p in price]))
    assert ((ask - bid) > 0.999 * instrument.point).all()
    assert (bid_size > 0).all()
    assert (ask_size > 0).all()


def test_a_day_depends_on_seed_symbol_and_day_alone() -> None:
    day = SymbolDay("SYNEUR", date(2024, 1, 9))
    source = SyntheticSource(seed=1, strength=0.5)
    first = source.fetch_day(day)
    source.fetch_day(day.shifted(1))
    assert source.fetch_day(day).equals(first)
    for other in (
        SyntheticSource(seed=2, strength=0.5).fetch_day(day),
        source.fetch_day(day.shifted(1)),
        source.fetch_day(SymbolDay("EURUSD", day.trading_day)),
    ):
        assert not other.equals(first)


def test_prices_go_on_from_day_to_day() -> None:
    source = SyntheticSource(seed=4, strength=1.0)
    tables = [_columns(source.fetch_day(SymbolDay("SYNEUR", day))) for day in _DAYS]
    jumps = [after[1][0] - before[1][-1] for before, after in pairwise(tables)]
    assert max(map(abs, jumps)) < 5e-4
    assert max(np.ptp(columns[1]) for columns in tables) > 20e-4


def test_prices_stay_positive_for_decades() -> None:
    market = Market(sigma_1m_pips=1.9, ticks_a_day=200)
    days = [SymbolDay("SYNEUR", date(1990 + 2 * step, 5, 5)) for step in range(30)]
    lows = [min(synthetic_day(day, 4, 1.0, market)["bid"].to_pylist()) for day in days]
    assert min(lows) > 0.3
    assert max(lows) < 2.5


def test_the_calendar_is_respected() -> None:
    source = SyntheticSource(seed=1, strength=1.0)
    saturday = date(2024, 1, 13)
    assert source.fetch_day(SymbolDay("EURUSD", saturday)).num_rows == 0
    assert source.fetch_day(SymbolDay("EURUSD", saturday)).schema == TICK_SCHEMA
    assert source.fetch_day(SymbolDay("SYNEUR", saturday)).num_rows > 29_000
    sunday = SymbolDay("EURUSD", date(2024, 1, 14))
    seconds = _columns(source.fetch_day(sunday))[0] - sunday.start_us / 1e6
    assert seconds.min() >= 22 * 3_600
    friday = SymbolDay("EURUSD", date(2024, 1, 12))
    seconds = _columns(source.fetch_day(friday))[0] - friday.start_us / 1e6
    assert seconds.max() < 22 * 3_600


@pytest.mark.parametrize(("symbol", "sigma", "spread"), [("SYNEUR", 1.0, 0.4), ("SYNJPY", 1.9, 2.1)])
def test_noise_and_spread_have_the_stated_size(symbol: str, sigma: float, spread: float) -> None:
    pip = instrument_of(symbol).pip
    moves, spreads = [], []
    for day in _DAYS:
        seconds, bid, ask, _, _ = _columns(synthetic_day(SymbolDay(symbol, day), 3, 0.0))
        at = np.searchsorted(seconds, np.arange(seconds[0], seconds[-1], 60))
        moves.append(np.diff((bid[at] + ask[at]) / 2) / pip)
        spreads.append((ask - bid) / pip)
    assert np.std(np.concatenate(moves)) == pytest.approx(sigma, rel=0.1)
    assert np.median(np.concatenate(spreads)) == pytest.approx(spread, rel=0.01)


def test_the_spread_widens_at_the_rollover() -> None:
    _, bid, ask, _, _ = _columns(table := synthetic_day(SymbolDay("SYNEUR", _DAYS[0]), 3, 0.0))
    hours = table["ts_event"].cast(pa.int64()).to_numpy() // 3_600_000_000 % 24
    spread_points = np.rint((ask - bid) * 1e5)
    assert set(spread_points[hours == 21]) <= {10, 15, 30}
    assert set(spread_points[hours != 21]) == {4, 6, 12}


def test_ticks_follow_the_sessions() -> None:
    table = synthetic_day(SymbolDay("SYNEUR", _DAYS[0]), 3, 0.0)
    hours = table["ts_event"].cast(pa.int64()).to_numpy() // 3_600_000_000 % 24
    by_hour = np.bincount(hours, minlength=24)
    assert by_hour[12:16].mean() / by_hour[0:6].mean() == pytest.approx(1.7 / 0.35, rel=0.1)
    assert by_hour[6:12].mean() / by_hour[16:20].mean() == pytest.approx(1.3, rel=0.1)


def test_the_flow_shows_in_sizes_at_every_strength_and_in_the_price_by_strength() -> None:
    foretold = {}
    for strength in (0.0, 0.5, 1.0):
        pairs = [_imbalance_and_next_move(day, strength) for day in _DAYS]
        imbalance, move = (np.concatenate(column) for column in zip(*pairs, strict=True))
        assert np.std(imbalance) == pytest.approx(0.14, abs=0.01)
        foretold[strength] = float(np.corrcoef(imbalance, move)[0, 1])
    assert abs(foretold[0.0]) < 0.1
    assert 0.15 < foretold[0.5] < foretold[1.0]
    assert foretold[1.0] > 0.35


def _imbalance_and_next_move(day: date, strength: float) -> tuple[Floats, Floats]:
    """Mean size imbalance of 50 ticks and the mid's move in the five minutes after them."""
    seconds, bid, ask, bid_size, ask_size = _columns(synthetic_day(SymbolDay("SYNEUR", day), 3, strength))
    mid = (bid + ask) / 2
    summed = np.cumsum((bid_size - ask_size) / (bid_size + ask_size))
    imbalance = (summed[50:] - summed[:-50]) / 50
    later = np.searchsorted(seconds, seconds[50:] + 300)
    is_inside = later < len(seconds)
    return imbalance[is_inside], mid[later[is_inside]] - mid[50:][is_inside]


def test_a_market_of_another_shape_can_be_asked_for() -> None:
    market = Market(sigma_1m_pips=1.0, spread_pips=0.0, ticks_a_day=2_000)
    source = SyntheticSource(seed=1, strength=0.0, market=market)
    table = source.fetch_day(SymbolDay("SYNEUR", _DAYS[0]))
    _, bid, ask, _, _ = _columns(table)
    assert set(np.rint((ask - bid) * 1e5)) == {1}
    assert table.num_rows == pytest.approx(2_000, abs=5)


def test_dirt_comes_with_its_ground_truth() -> None:
    day = SymbolDay("SYNEUR", _DAYS[0])
    clean, dirty = SyntheticSource(1, 1.0), SyntheticSource(1, 1.0, dirty=True)
    assert clean.ground_truth(day).rows == ()
    truth = dirty.ground_truth(day)
    assert dirty.fetch_day(day).num_rows - clean.fetch_day(day).num_rows == truth.by_rule["duplicate"]
    kinds = {field.name for field in fields(DirtPlan)}
    assert set(truth.by_rule) == kinds - {"out_of_order"}
    assert dirty.fetch_day(SymbolDay("EURUSD", date(2024, 1, 13))).num_rows == 0


def test_an_unfinished_day_is_refused() -> None:
    noon = FakeClock(datetime(2024, 1, 9, 12, tzinfo=UTC)).clock
    source = SyntheticSource(1, 1.0, clock=noon)
    assert source.fetch_day(SymbolDay("SYNEUR", date(2024, 1, 8))).num_rows > 0
    with pytest.raises(MissingDataError, match=r"SYNEUR\|2024-01-09 is not finished"):
        source.fetch_day(SymbolDay("SYNEUR", date(2024, 1, 9)))


def test_a_symbol_without_metadata_is_refused() -> None:
    source = SyntheticSource(1, 1.0)
    with pytest.raises(DataError, match="'NOSUCH' has no metadata"):
        source.fetch_day(SymbolDay("NOSUCH", _DAYS[0]))
    with pytest.raises(DataError, match="'NOSUCH' has no metadata"):
        source.coverage("NOSUCH")
    assert source.coverage("SYNEUR") is None
