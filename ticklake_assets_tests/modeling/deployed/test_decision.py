from __future__ import annotations

from dataclasses import replace
from math import inf, isfinite, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.orders import LONG, SHORT
from ticklake_assets.modeling.deployed.decision import (
    NO_SIDE,
    NOT_FINITE,
    OUT_OF_DISTRIBUTION,
    Decision,
    MarketEvent,
    Prediction,
    Thresholds,
    decide,
    market_events,
    signal_id,
)
from ticklake_assets_tests.modeling.markets import market

EVENT = MarketEvent(1_000_000, 1.10000, 1.10004, 0.0012, 900_000_000)
THRESHOLDS = Thresholds(0.45, 1.5, ())


def prediction(short: float, long: float, anomaly: float = 1.0, feed: tuple[str, ...] = ()) -> Prediction:
    return Prediction(short, 1 - short - long, long, anomaly, feed)


def decided(given_prediction: Prediction, event: MarketEvent = EVENT) -> Decision:
    return decide(event, given_prediction, THRESHOLDS, market().instrument)


def test_a_long_is_anchored_at_the_ask_and_a_short_at_the_bid() -> None:
    long, short = decided(prediction(0.2, 0.6)), decided(prediction(0.6, 0.2))
    assert (long.side, long.stop, long.target) == (LONG, 1.09884, 1.10124)
    assert (short.side, short.stop, short.target) == (SHORT, 1.10120, 1.09880)
    assert long.earliest_entry_us == 1_200_000
    assert long.horizon_end_us == 901_000_000
    assert long.is_order


def test_no_side_below_the_threshold_and_on_it_there_is_one() -> None:
    below = decided(prediction(0.2, 0.4499))
    assert (below.side, below.stop, below.target, below.is_order) == (NO_SIDE, 0.0, 0.0, False)
    assert decided(prediction(0.2, 0.45)).side == LONG


def test_a_tie_has_no_side() -> None:
    assert decided(prediction(0.5, 0.5)).side == NO_SIDE


def test_abstentions_name_every_reason_and_keep_the_side() -> None:
    strange = decided(prediction(0.2, 0.6, anomaly=1.51, feed=("feed_stale", "feed_spread")))
    assert strange.abstain == (OUT_OF_DISTRIBUTION, "feed_stale", "feed_spread")
    assert strange.side == LONG
    assert not strange.is_order
    assert decided(prediction(0.2, 0.6, anomaly=1.5)).abstain == ()


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 3))
def test_stop_and_target_lie_on_opposite_sides_at_one_distance(
    first: float, second: float, anomaly: float
) -> None:
    total = max(first + second, 1.0)
    made = decided(prediction(first / total, second / total, anomaly))
    if made.side != NO_SIDE:
        anchor = EVENT.ask if made.side == LONG else EVENT.bid
        assert made.side * (made.target - anchor) == pytest.approx(EVENT.width)
        assert made.side * (anchor - made.stop) == pytest.approx(EVENT.width)


NOT_NUMBERS = st.sampled_from([nan, inf, -inf])


@given(
    st.sets(
        st.sampled_from(["p_short", "p_neither", "p_long", "anomaly", "bid", "ask", "width"]), min_size=1
    ),
    st.data(),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_nothing_that_is_not_finite_ever_gives_an_order(
    broken: set[str], data: st.DataObject, short: float, long: float
) -> None:
    values = {name: data.draw(NOT_NUMBERS, name) for name in sorted(broken)}
    scores = {name: value for name, value in values.items() if name in Prediction._fields}
    prices = {name: value for name, value in values.items() if name in MarketEvent._fields}
    made = decided(prediction(short, long)._replace(**scores), EVENT._replace(**prices))
    assert (made.side, made.abstain, made.is_order) == (NO_SIDE, (NOT_FINITE,), False)
    assert isfinite(made.stop)
    assert isfinite(made.target)


NUMBERS = st.floats(-1e9, 1e9) | NOT_NUMBERS


@given(st.floats(), st.floats(), st.floats(), st.floats(), NUMBERS, NUMBERS, NUMBERS, st.floats())
def test_an_order_comes_of_finite_numbers_alone(
    short: float,
    neither: float,
    long: float,
    anomaly: float,
    bid: float,
    ask: float,
    width: float,
    act: float,
) -> None:
    event = EVENT._replace(bid=bid, ask=ask, width=width)
    thresholds = THRESHOLDS._replace(act=act)
    made = decide(event, Prediction(short, neither, long, anomaly, ()), thresholds, market().instrument)
    if made.is_order:
        assert all(map(isfinite, (short, neither, long, anomaly, bid, ask, width)))
        assert max(short, long) >= act


def test_a_threshold_that_is_not_a_number_admits_nothing() -> None:
    sure = prediction(0.1, 0.8)
    for thresholds in (THRESHOLDS._replace(act=nan), THRESHOLDS._replace(anomaly=nan)):
        assert not decide(EVENT, sure, thresholds, market().instrument).is_order


def test_gold_and_the_live_kernel_row_make_the_same_event() -> None:
    known, events, _, features = market()
    gold = market_events(events)
    day, found = next(iter(features.items()))
    live = [
        MarketEvent.at(int(ts_us), context, known)
        for ts_us, context in zip(found.ts_us, found.context, strict=True)
    ]
    assert live == gold[: len(live)]
    assert len(live) > 300, day


def test_the_stops_level_of_the_broker_widens_nothing_here_but_keeps_labels_and_orders_alike() -> None:
    known, _, _, features = market()
    wide = replace(known, stops_level_points=500)
    found = next(iter(features.values()))
    event = MarketEvent.at(int(found.ts_us[0]), found.context[0], wide)
    made = decide(event, prediction(0.1, 0.8), THRESHOLDS, wide)
    assert made.target - event.ask == pytest.approx(500 * known.point)


def test_signal_ids_name_the_content() -> None:
    first = signal_id("digest", "SYNEUR", 5, 1)
    assert first == signal_id("digest", "SYNEUR", 5, 1)
    others = {
        signal_id("other", "SYNEUR", 5, 1),
        signal_id("digest", "SYNEUR", 6, 1),
        signal_id("digest", "SYNEUR", 5, -1),
    }
    assert len(others | {first}) == 4


def test_numpy_numbers_and_python_numbers_decide_alike() -> None:
    event = MarketEvent(
        *(np.float64(value) if isinstance(value, float) else np.int64(value) for value in EVENT)
    )
    assert decided(prediction(0.2, 0.6), event) == decided(prediction(0.2, 0.6))
