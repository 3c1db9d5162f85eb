from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.core.orders import LONG, SHORT
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Events, Quotes
from ticklake_assets.modeling.deployed.decision import Decision, Prediction, Thresholds, decide, market_events
from ticklake_assets.modeling.fitting.event_rows import of_days
from ticklake_assets.modeling.judging.benchmarks import (
    DRAWS,
    RANDOM_EVENTS,
    RANDOM_TIMES,
    DayBenchmarks,
    Position,
    benchmarks_of,
    best_of,
    day_benchmarks,
    drawn,
    exposure_share,
    moved,
    outcomes_of,
    placed,
    positions_of,
    sequences,
)
from ticklake_assets.modeling.trading.simulation import simulate_day
from ticklake_assets_tests.modeling.foreign import foreign_market
from ticklake_assets_tests.modeling.markets import FIRST, market

DAY = FIRST + timedelta(days=12)
POSITIONS = [Position(side, 600_000_000, 2e-5) for side in (LONG, SHORT, LONG)]


def today() -> Events:
    return of_days(market().events, [DAY], "compare")


def decisions(sides: list[int]) -> list[Decision]:
    """The day's events with these sides as an endpoint would decide them; 0 is no order."""
    held, limits = market(), Thresholds(0.5, np.inf, ())
    stated = {LONG: (0.0, 0.0, 1.0), SHORT: (1.0, 0.0, 0.0), 0: (0.0, 1.0, 0.0)}
    return [
        decide(event, Prediction(*stated[side], 0.0, ()), limits, held.instrument)
        for event, side in zip(market_events(today()), sides, strict=True)
    ]


@settings(max_examples=40)
@given(st.randoms(use_true_random=False), st.floats(0.01, 1.0))
def test_a_sequence_of_events_earns_what_the_simulator_earns(random: object, share: float) -> None:
    """Any events, any sides: the same trades, to the last bit of their sum but for its order."""
    rng = np.random.default_rng(random.getrandbits(32))  # type: ignore[attr-defined]
    held, events = market(), today()
    day, quotes = SymbolDay(held.instrument.symbol, DAY), held.quotes[DAY]
    sides = np.where(rng.random(len(events.ts_us)) < share, rng.choice([LONG, SHORT], len(events.ts_us)), 0)
    rows = np.flatnonzero(sides)
    found = outcomes_of(day, quotes, events, held.instrument)
    chosen = (sides[rows] == SHORT).astype(np.int64)
    net = sequences(found.at, found.free, found.net, rows[None, :], chosen[None, :])[0]
    run = simulate_day(day, quotes, decisions(sides.tolist()), held.instrument)
    assert net == pytest.approx(run.net, abs=1e-9)


def test_random_events_get_as_many_positions_a_side_and_none_overlaps() -> None:
    held, events = market(), today()
    found = outcomes_of(SymbolDay("SYNEUR", DAY), held.quotes[DAY], events, held.instrument)
    rng = np.random.default_rng(1)
    sides = np.array([[0] * 12 + [1] * 8])
    order = rng.permutation(len(events.ts_us))[None, :]
    marked = found._replace(net=np.tile([1.0, 100.0], (len(events.ts_us), 1)))  # counts sides
    assert placed(*marked, order, sides)[0] == 12 + 800
    taken, total = [], 0.0
    for row in order[0]:
        if len(taken) == 20:
            break
        side = sides[0, len(taken)]
        begin, end = found.at[row], found.free[row, side]
        if found.entered[row, side] and all(end <= a or b <= begin for a, b in taken):
            taken.append((begin, end))
            total += found.net[row, side]
    assert placed(*found, order, sides)[0] == pytest.approx(total)


def test_a_day_has_the_same_draws_again_and_another_day_others() -> None:
    first, again, other = benchmarked(DAY), benchmarked(DAY), benchmarked(DAY + timedelta(days=1))
    assert first == again
    assert len(drawn(first.random_events)) == DRAWS
    assert first.random_events != other.random_events


def benchmarked(day: date) -> DayBenchmarks:
    held, events = market(), of_days(market().events, [day], "compare")
    signals = np.arange(0, len(events.ts_us), 7)
    symbol_day = SymbolDay("SYNEUR", day)
    return day_benchmarks(symbol_day, held.quotes[day], events, signals, POSITIONS, held.instrument)


def test_buy_and_hold_pays_one_round_turn_and_every_night() -> None:
    days = [benchmarked(DAY), benchmarked(DAY + timedelta(days=1))]
    held = market()
    night = [
        day.model_copy(update={"holding": paid, "last_holding": last})
        for day, paid, last in zip(days, (0.5, 8.0), (4.0, 0.2), strict=True)
    ]
    found = {each.name: each for each in benchmarks_of(days, 0.0, held.instrument)}
    dearer = {each.name: each for each in benchmarks_of(night, 0.0, held.instrument)}
    last, first = held.quotes[DAY + timedelta(days=1)].bid[-1], held.quotes[DAY].ask[0]
    expected = (last - first) / held.instrument.pip - 2 * held.instrument.costs.slippage_pips
    assert found["buy and hold"].net_pips == pytest.approx(expected)
    assert dearer["buy and hold"].net_pips == pytest.approx(expected - 0.7)
    assert found["no trade"].net_pips == 0.0
    assert found["no trade"].at_least_as_well == 1.0


def test_a_position_that_is_closed_after_the_last_rollover_pays_that_night_too() -> None:
    held, events = market(), today()
    nightly = replace(held.instrument.costs, swap_long_pips=0.5, nights=(1,) * 7)
    quotes, day = held.quotes[DAY], SymbolDay("SYNEUR", DAY)
    dear = replace(held.instrument, costs=nightly)
    told = day_benchmarks(day, quotes, events, np.empty(0, np.int64), [], dear)
    assert (told.holding, told.last_holding) == (pytest.approx(0.5), pytest.approx(0.5))
    morning = Quotes(*(column[: len(column) // 4] for column in quotes))
    early = day_benchmarks(day, morning, of_days(events, [DAY], "compare"), np.empty(0, np.int64), [], dear)
    assert (early.holding, early.last_holding) == (pytest.approx(0.5), 0.0)


def test_the_chain_itself_is_one_of_the_draws() -> None:
    days, instrument = [benchmarked(DAY)], market().instrument
    (best, *_), (worst, *_) = (benchmarks_of(days, net, instrument) for net in (1e9, -1e9))
    assert best.at_least_as_well == 1 / (1 + DRAWS)
    assert worst.at_least_as_well == 1.0


def test_draws_that_are_the_chain_itself_do_as_well_whatever_their_rounding() -> None:
    """A chain that trades every event leaves chance nothing else: it shows no skill by the 8th digit."""
    nets, instrument = (1.23, 2.34, 0.777), market().instrument
    days = []
    for net in nets:
        same = base64.b64encode(np.full(DRAWS, net, "<f4").tobytes()).decode()
        days.append(
            benchmarked(DAY).model_copy(
                update={
                    "random_events": same,
                    "random_times": same,
                    "random_sides": same,
                    "always_long": net,
                }
            )
        )
    assert [each.at_least_as_well for each in benchmarks_of(days, sum(nets), instrument)[:4]] == [1, 1, 1, 1]
    assert benchmarks_of(days, sum(nets) + 0.001, instrument)[0].at_least_as_well == 1 / (1 + DRAWS)


def test_a_day_without_a_trade_and_one_without_a_signal_are_no_error() -> None:
    held, events = market(), today()
    none = day_benchmarks(
        SymbolDay("SYNEUR", DAY), held.quotes[DAY], events, np.array([], dtype=np.int64), [], held.instrument
    )
    assert not drawn(none.random_events).any()
    assert not drawn(none.random_times).any()
    assert not drawn(none.random_sides).any()


def test_positions_at_random_times_earn_the_drift_of_their_time_and_pay_for_themselves() -> None:
    """A line that rises a pip a minute, whatever spreads are meanwhile: no draw can be luck."""
    minutes, pip = np.arange(1_440), 1e-4
    mid, half = 1.1 + minutes * pip, np.where(minutes < 360, 2.0, 0.25) * pip
    quotes = Quotes(minutes * 60_000_000, mid - half, mid + half, np.ones(1_440), np.ones(1_440))
    positions = [Position(LONG, 10 * 60_000_000, 0.2 * pip), Position(SHORT, 5 * 60_000_000, 0.1 * pip)]
    nets = moved(quotes, positions, np.random.default_rng(1)) / pip
    assert nets.shape == (DRAWS,)
    assert nets == pytest.approx(np.full(DRAWS, (10 - 0.2) + (-5 - 0.1)))
    none = moved(quotes, [], np.random.default_rng(1))
    assert not none.any()
    day_long = moved(quotes, [Position(LONG, 86_400_000_000, 0.0)], np.random.default_rng(1)) / pip
    assert day_long == pytest.approx(np.full(DRAWS, 1_439))


def test_skill_is_beyond_both_kinds_of_exposure() -> None:
    days, instrument = [benchmarked(DAY)], market().instrument
    table = benchmarks_of(days, 0.0, instrument)
    shares = {each.name: each.at_least_as_well for each in table}
    assert exposure_share(table) == max(shares[RANDOM_EVENTS], shares[RANDOM_TIMES])
    better = [
        each.model_copy(update={"at_least_as_well": 0.9}) if each.name == RANDOM_TIMES else each
        for each in table
    ]
    assert exposure_share(better) == max(0.9, shares[RANDOM_EVENTS])


def test_the_best_of_more_looks_better() -> None:
    assert best_of(1, 0.01) == pytest.approx(0.01)
    assert best_of(5, 0.01) == pytest.approx(0.049, abs=1e-4)
    assert best_of(5, 1.0) == 1.0


def test_who_is_long_only_while_spreads_are_narrow_has_no_skill() -> None:
    """A rule that knows the hour and no price: at the spreads of random times none of 2,000 draws earned as much."""
    held = foreign_market("drift 240, dear nights", 1, 6)
    limits, long, none = Thresholds(0.5, np.inf, ()), (0.0, 0.0, 1.0), (0.0, 1.0, 0.0)
    days, net = [], 0.0
    for each, quotes in held.quotes.items():
        day, events = SymbolDay("SYNEUR", each), of_days(held.events, [each], "compare")
        decided = [
            decide(event, Prediction(*stated, 0.0, ()), limits, held.instrument)
            for event in market_events(events)
            for stated in [long if event.ask - event.bid < 1e-4 else none]
        ]
        run = simulate_day(day, quotes, decided, held.instrument)
        signals = np.flatnonzero([decision.is_order for decision in decided])
        positions = positions_of(quotes, run.trades)
        days.append(day_benchmarks(day, quotes, events, signals, positions, held.instrument))
        net += run.net / held.instrument.pip
    assert net > 200
    assert exposure_share(benchmarks_of(days, net, held.instrument)) > 0.2
