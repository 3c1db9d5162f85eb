from __future__ import annotations

import numpy as np
import pytest

from ticklake_assets.core.orders import LONG
from ticklake_assets.modeling.deployed.decision import OUT_OF_DISTRIBUTION, decide, market_events
from ticklake_assets.modeling.deployed.feed_rules import FEED_RULES
from ticklake_assets.modeling.fitting.event_rows import of_days
from ticklake_assets.modeling.fitting.pattern import label_weights
from ticklake_assets.modeling.trading.abstaining import COVERAGES, Abstaining, what_abstaining_did
from ticklake_assets_tests.modeling.markets import market, run_fold

RUN = run_fold()
KNOWN, ALL_EVENTS, QUOTES, _ = market()
EVENTS = of_days(ALL_EVENTS, RUN.fold.test, "test")
PREDICTIONS = RUN.bundle.scorer().score_rows(EVENTS.features)
WEIGHT = label_weights(EVENTS)


def did(**thresholds: float) -> Abstaining:
    chosen = RUN.bundle.thresholds._replace(**thresholds)
    return what_abstaining_did(EVENTS, PREDICTIONS, WEIGHT, chosen, KNOWN.pip)


def test_the_report_of_a_test_is_of_the_bundles_own_thresholds() -> None:
    assert RUN.record.test.abstaining == did()
    assert Abstaining.model_validate_json(did().canonical()) == did()


def test_reasons_count_what_the_decisions_abstain_on() -> None:
    """An oracle row by row: the decision without its abstentions, and the label of its side."""
    reasons = {each.reason: each for each in did().reasons}
    assert list(reasons) == [OUT_OF_DISTRIBUTION, *(rule.reason for rule in FEED_RULES)]
    for reason, told in reasons.items():
        events, orders, net = 0, 0, 0.0
        for row, (event, prediction) in enumerate(zip(market_events(EVENTS), PREDICTIONS, strict=True)):
            decision = decide(event, prediction, RUN.bundle.thresholds, KNOWN)
            if reason not in decision.abstain:
                continue
            events += 1
            if decision.side:
                orders += 1
                net += float((EVENTS.long if decision.side == LONG else EVENTS.short).net[row])
        assert (told.events, told.orders) == (events, orders)
        assert told.net_pips == pytest.approx(net / KNOWN.pip)


def test_the_curve_starts_with_everything_and_admits_the_least_strange() -> None:
    curve = did().curve
    assert [point.coverage for point in curve] == list(COVERAGES)
    assert curve[0].events == len(EVENTS.ts_us)
    assert [point.events for point in curve] == sorted((point.events for point in curve), reverse=True)
    assert [point.orders for point in curve] == sorted((point.orders for point in curve), reverse=True)
    strange = np.sort([each.anomaly for each in PREDICTIONS])
    half = did(anomaly=float(strange[len(strange) // 2]))
    assert half.curve == curve
    assert half.reasons[0].events > 0.4 * len(EVENTS.ts_us)


def test_what_is_admitted_and_what_is_held_back_make_the_whole() -> None:
    """At a threshold between two scores, curve and reason are two sides of one sum."""
    strange = np.sort([each.anomaly for each in PREDICTIONS])
    at = round(0.9 * len(strange))
    done = did(anomaly=float(strange[at - 1] + strange[at]) / 2)
    whole, kept = done.curve[0], next(point for point in done.curve if point.coverage == 0.9)
    assert kept.events + done.reasons[0].events == whole.events
    assert kept.net_pips + done.reasons[0].net_pips == pytest.approx(whole.net_pips)


def test_a_threshold_that_nobody_reaches_asks_for_nothing() -> None:
    assert {point.orders for point in did(act=2.0).curve} == {0}
    assert {each.net_pips for each in did(act=2.0).reasons} == {0.0}
