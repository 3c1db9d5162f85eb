from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import inf, nan

import numpy as np
import pytest

from ticklake_assets.core.errors import BundleError, DataError
from ticklake_assets.core.live_cleaner import RawTick
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.bundle import Bundle
from ticklake_assets.modeling.deployed.calibration import Calibration
from ticklake_assets.modeling.deployed.document import read_document
from ticklake_assets.modeling.deployed.golden import (
    ENOUGH_EVENTS,
    FEW_EVENTS,
    MOST_TICKS,
    Decider,
    GoldenTicks,
    make_golden,
)
from ticklake_assets_tests.modeling.markets import market, run_fold

DAY = SymbolDay("SYNEUR", date(2024, 1, 9))


def decider(bundle: Bundle | None = None) -> Decider:
    bundle = bundle or run_fold().bundle
    return Decider(bundle.scorer(), bundle.thresholds, bundle.instrument)


def ticks_of(day: date) -> list[RawTick]:
    return list(zip(*(column.tolist() for column in market().quotes[day]), strict=True))


def test_a_bundle_s_golden_ticks_are_the_first_of_its_first_validation_day() -> None:
    run = run_fold()
    golden, day = run.bundle.golden, run.fold.validate[0]
    assert golden.trading_day == day
    assert golden.every == 1
    assert len(golden.signals) == ENOUGH_EVENTS
    kept = golden.ticks(SymbolDay("SYNEUR", day))
    assert kept == ticks_of(day)[: len(kept)]
    assert len(kept) <= MOST_TICKS
    assert len(run.bundle.parts.golden_json) < 200_000
    golden.expect(decider())


@pytest.mark.parametrize("change", ["calibration", "act", "a tick", "no tick", "anomaly"])
def test_another_bit_anywhere_is_refused_and_named(change: str) -> None:
    golden, known = run_fold().bundle.golden, decider()
    scorer, reason = known.scorer, "differs here in"
    if change == "calibration":
        moved = scorer.calibration._replace(bias_long=scorer.calibration.bias_long + 1e-15)
        known, reason = known._replace(scorer=replace(scorer, calibration=moved)), "differs here in p_"
    elif change == "act":
        known = known._replace(thresholds=known.thresholds._replace(act=0.0))
        reason = "Golden event 1 of 40 .* differs here in side"
    elif change == "anomaly":
        known = known._replace(thresholds=known.thresholds._replace(anomaly=0.0))
        reason = r"differs here in abstain. Expected \(.*\), was \('out_of_distribution'"
    elif change == "a tick":
        bid = (golden.bid[0] - 1e-5, *golden.bid[1:])  # type: ignore[operator]
        golden = golden.model_copy(update={"bid": bid})
    else:
        golden, reason = golden.model_copy(update={"signals": golden.signals[:-1]}), "other events here"
    with pytest.raises(BundleError, match=reason):
        golden.expect(known)


def test_a_document_has_the_very_ticks_back_whatever_they_are() -> None:
    odd: list[RawTick] = [
        (DAY.start_us + 5, nan, inf, -inf, None),
        (None, 1.1, 1.2, 1.0, 1.0),
        (DAY.start_us + 9, None, 1.1, 0.1, 0.2),
        *ticks_of(DAY.trading_day)[:3000],
    ]
    golden = make_golden(DAY, odd, decider())
    again = read_document(GoldenTicks, golden.canonical(), "golden")
    assert again == golden
    assert repr(again.ticks(DAY)) == repr(odd[: len(golden.bid)])
    again.expect(decider())


def test_a_dense_feed_is_thinned_until_it_makes_events() -> None:
    """Events begin after 15 minutes, which such a feed fills with more ticks than a bundle may hold."""
    walk = 110_000 + np.random.default_rng(1).integers(-2, 3, 40_000).cumsum()
    dense = [
        (DAY.start_us + 100_000 * k, p / 1e5, (p + 3) / 1e5, 1.0, 1.0) for k, p in enumerate(walk.tolist())
    ]
    golden = make_golden(DAY, dense, decider())
    assert golden.every > 1
    assert len(golden.signals) >= FEW_EVENTS
    golden.expect(decider())


def test_a_day_without_events_has_no_golden_ticks() -> None:
    with pytest.raises(DataError, match="no golden ticks"):
        make_golden(DAY, ticks_of(DAY.trading_day)[:50], decider())


def test_golden_ticks_without_signals_are_refused() -> None:
    golden = run_fold().bundle.golden.model_copy(update={"signals": ()})
    with pytest.raises(BundleError, match="prove nothing"):
        golden.expect(decider())


def test_scores_that_are_not_finite_are_golden_too() -> None:
    known = decider()
    broken = known._replace(scorer=replace(known.scorer, calibration=Calibration(nan)))
    golden = make_golden(DAY, ticks_of(DAY.trading_day)[:3000], broken)
    assert {signal.p_long for signal in golden.signals} == {"nan"}
    golden.expect(broken)
