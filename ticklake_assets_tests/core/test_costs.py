"""What a trade costs, against figures worked out by hand."""

from __future__ import annotations

from datetime import date
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.broker import ByPrice
from ticklake_assets.core.costs import commission_cost, net_result, round_turn_cost, slippage_cost, swap_cost
from ticklake_assets.core.instruments import INSTRUMENTS, Instrument, instrument_of
from ticklake_assets.core.orders import LONG, SHORT, latency_us
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Ints

JPY = instrument_of("GBPJPY").charging(slippage_pips=0.2, commission=ByPrice(fixed=0.0025))
HOUR = 3_600_000_000


def side_in_pips(symbol: str, profile: str, price: float) -> float:
    instrument = instrument_of(symbol, profile)
    return float(commission_cost(instrument, np.array([price]))[0]) / instrument.pip


def test_a_round_turn_slips_twice_pays_commission_twice_and_the_mark_up_once() -> None:
    assert round_turn_cost(JPY, 190.0, 191.0) == pytest.approx((2 * 0.2 + 0.5) * 0.01)
    assert round_turn_cost(JPY.charging(markup_pips=0.8), 190.0, 191.0) == pytest.approx(0.009 + 0.008)


@pytest.mark.parametrize(
    ("symbol", "profile", "price", "pips"),
    [
        ("EURUSD", "dukascopy", 1.10, 0.385),  # 35 a million of 1.10
        ("USDJPY", "dukascopy", 160.0, 0.56),
        ("XAUUSD", "dukascopy", 2_000.0, 1.05),  # 52.5 a million, a pip of 0.1
        ("EURUSD", "raw_spread", 1.10, 0.35),  # USD 3.50 of 100,000 EUR: the quote is the account's currency
        ("EURUSD", "raw_spread", 1.60, 0.35),
        ("USDJPY", "raw_spread", 160.0, 0.56),  # USD 3.50 of USD 100,000: the base is
        ("USDJPY", "raw_spread", 100.0, 0.35),
        ("EURGBP", "raw_spread", 0.85, 0.276724),  # USD 3.50 at 1.2648 a GBP, whatever the price
        ("GBPJPY", "raw_spread", 190.0, 0.562159),  # at 0.006226 a JPY
        ("EURUSD", "spread_only", 1.10, 0.0),
        ("SYNEUR", "dukascopy", 1.10, 0.0),
    ],
)
def test_commission_of_a_side(symbol: str, profile: str, price: float, pips: float) -> None:
    assert side_in_pips(symbol, profile, price) == pytest.approx(pips, abs=1e-6)


def test_a_side_pays_at_least_the_minimum() -> None:
    least = JPY.charging(commission=ByPrice(share=35e-6), minimum_commission=ByPrice(fixed=0.007))
    assert commission_cost(least, np.array([190.0, 200.0, 210.0])).tolist() == pytest.approx(
        [0.007, 0.007, 0.00735]
    )


@pytest.mark.parametrize(("side", "expected"), [(1, 0.05 - 0.009), (-1, -0.05 - 0.009)])
def test_net_is_the_move_in_the_order_s_direction_less_the_cost(side: int, expected: float) -> None:
    net = net_result(side, np.array([130.0]), np.array([130.05]), round_turn_cost(JPY, 130.0, 130.05))
    assert net[0] == pytest.approx(expected)


def test_no_entry_costs_nothing() -> None:
    assert net_result(1, np.array([np.nan]), np.array([np.nan]), 1.0)[0] == 0.0


def test_a_fill_slips_by_the_hour_of_its_session() -> None:
    factors = tuple(3.0 if hour in (21, 22) else 1.0 for hour in range(24))
    assert instrument_of("EURUSD").costs.slippage_by_hour == factors
    day = SymbolDay("EURUSD", date(2024, 1, 17)).start_us
    fills = np.array([day, day + 21 * HOUR - 1, day + 21 * HOUR, day + 23 * HOUR - 1, day + 23 * HOUR])
    assert slippage_cost(instrument_of("EURUSD"), fills) == pytest.approx(np.array([1, 1, 3, 3, 1]) * 1e-5)


@pytest.mark.parametrize(
    ("day", "rollover_hour", "nights"),
    [
        (date(2024, 1, 15), 22, 1),  # Monday, New York in winter
        (date(2024, 7, 15), 21, 1),  # in summer
        (date(2024, 1, 17), 22, 3),  # Wednesday settles over the weekend
        (date(2024, 1, 19), 22, 1),
        (date(2024, 1, 20), 22, 0),  # Saturday
        (date(2024, 1, 21), 22, 0),
    ],
)
def test_who_is_open_at_the_rollover_pays_for_the_night(day: date, rollover_hour: int, nights: int) -> None:
    symbol_day = SymbolDay("GBPJPY", day)
    moment = symbol_day.start_us + rollover_hour * HOUR
    entry = np.array([moment - 1, moment - 1, moment, moment - HOUR])
    exit_ = np.array([moment, moment - 1, moment + HOUR, moment + HOUR])
    known = JPY.charging(swap_long_pips=1.5, swap_short_pips=-0.5)
    for side, pips in ((LONG, 1.5), (SHORT, -0.5)):
        paid = nights * pips * 0.01
        found = swap_cost(symbol_day, known, side, entry, exit_).tolist()
        assert found == pytest.approx([paid, 0.0, 0.0, paid])


def test_the_triple_day_is_the_instrument_s() -> None:
    assert instrument_of("EURUSD").costs.nights == (1, 1, 3, 1, 1, 0, 0)
    assert instrument_of("USDCAD").costs.nights == (1, 1, 1, 3, 1, 0, 0)  # settles a day after the trade
    assert instrument_of("BTCUSD").costs.nights == (1,) * 7


def test_a_symbol_that_no_profile_priced_is_not_free() -> None:
    assert np.isnan(round_turn_cost(INSTRUMENTS["EURUSD"], 1.1, 1.1))


TIMES = st.lists(st.integers(0, 2**52), min_size=1, max_size=50).map(lambda each: np.array(each))


@given(TIMES, st.sampled_from(["EURUSD", "GBPJPY"]))
def test_latency_is_drawn_by_symbol_and_event_alone(ts_us: Ints, symbol: str) -> None:
    known = instrument_of(symbol)
    drawn = latency_us(ts_us, known)
    assert set(drawn.tolist()) <= {each * 1000 for each in known.costs.latency_ms}
    assert drawn.tolist() == [int(latency_us(ts_us[row : row + 1], known)[0]) for row in range(len(ts_us))]
    assert latency_us(ts_us, known.charging(latency_ms=(70,))).tolist() == [70_000] * len(ts_us)


def by_the_page(ts_us: int, known: Instrument) -> int:
    """The draw as docs/costs.md writes it, in whole numbers of any size."""
    mixed = (ts_us + 2**32 * crc32(known.symbol.encode())) % 2**64
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB % 2**64
    return known.costs.latency_ms[(mixed ^ mixed >> 31) % len(known.costs.latency_ms)]


def test_each_latency_is_as_likely_and_neighbours_do_not_share_theirs() -> None:
    known = instrument_of("EURUSD").charging(latency_ms=(1, 2, 3, 4))
    drawn = latency_us(1_705_528_800_000_000 + 1000 * np.arange(40_000), known)
    assert np.bincount(drawn // 1000)[1:] == pytest.approx([10_000] * 4, rel=0.04)
    assert (drawn[1:] == drawn[:-1]).mean() == pytest.approx(0.25, abs=0.02)
    asked = 1_705_528_800_000_000 + 1000 * np.arange(200)
    assert latency_us(asked, known).tolist() == [1000 * by_the_page(int(each), known) for each in asked]
    pinned = latency_us(1_705_528_800_000_000 + 1000 * np.arange(6), instrument_of("GBPJPY")) // 1000
    assert pinned.tolist() == [200, 400, 180, 170, 150, 160], "labels and signals of before draw otherwise"
