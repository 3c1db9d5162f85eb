from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ticklake_assets.modeling.deployed.gates import GATES
from ticklake_assets.modeling.fitting.event_rows import of_days
from ticklake_assets.modeling.fitting.thresholds import QUANTILES, no_trade
from ticklake_assets.modeling.fitting.tuning import Budget
from ticklake_assets.modeling.fitting.validation import ValidationReport
from ticklake_assets.modeling.judging.sensitivity import (
    SEEDS,
    Sensitivity,
    Variant,
    rehearse,
    sensitivity_of,
    variants_of,
    with_barriers,
)
from ticklake_assets_tests.modeling.markets import FIRST, QUICK_TRIALS, chain, market, run_fold

AS_MADE, *OTHERS = variants_of(1)


def rehearsed(variant: Variant, trials: int = 1) -> ValidationReport:
    run, held = run_fold(), market()
    train, validate = (of_days(held.events, days, "rehearse") for days in (run.fold.train, run.fold.validate))
    budget = Budget(trials)
    return rehearse(variant, train, validate, held.quotes.__getitem__, held.instrument, budget)[1]


def test_the_variants_are_five_seeds_and_neighbouring_windows_and_barriers() -> None:
    variants = variants_of(7)
    assert [each.seed for each in variants if each.what in {"as made", "seed"}] == list(range(7, 7 + SEEDS))
    assert [(each.newest_days, each.width) for each in variants if each.what not in {"as made", "seed"}] == [
        (0.75, 1.0), (0.5, 1.0), (1.0, 0.8), (1.0, 1.25),
    ]  # fmt: skip


def test_the_chain_as_made_is_the_fold_itself() -> None:
    assert rehearsed(AS_MADE, QUICK_TRIALS) == run_fold().validated


def test_barriers_of_the_same_width_give_the_labels_that_gold_has() -> None:
    run, held = run_fold(), market()
    events = of_days(held.events, run.fold.validate, "validate")
    same, wider = (
        with_barriers(events, times, held.quotes.__getitem__, held.instrument) for times in (1.0, 1.25)
    )
    for now, before in zip(
        (*same[:7], *same.long, *same.short), (*events[:7], *events.long, *events.short), strict=True
    ):
        np.testing.assert_array_equal(now, before)
    np.testing.assert_array_equal(same.outcome, events.outcome)
    np.testing.assert_array_equal(same.known_at_us, events.known_at_us)
    assert np.all(wider.width > events.width)
    assert np.mean(wider.outcome == 1) > np.mean(events.outcome == 1), "wider barriers are reached less often"


def test_fewer_train_days_are_the_newest_of_them() -> None:
    run, held = run_fold(), market()
    validate = of_days(held.events, run.fold.validate, "validate")
    half = of_days(held.events, run.fold.train[4:], "train")
    whole = of_days(held.events, run.fold.train, "train")
    quotes = held.quotes.__getitem__
    trained, _ = rehearse(
        replace(AS_MADE, newest_days=0.5), whole, validate, quotes, held.instrument, Budget(1)
    )
    assert trained == rehearse(AS_MADE, half, validate, quotes, held.instrument, Budget(1))[0]


def test_the_table_judges_every_variant_and_the_thresholds_beside_the_chosen() -> None:
    made = [fold.validation for fold in chain()]
    silent = [report.model_copy(update={"chosen": no_trade(len(report.days))}) for report in made]
    found = sensitivity_of("SYNEUR", FIRST, [(AS_MADE, made), (OTHERS[0], silent)])
    assert Sensitivity.model_validate_json(found.canonical()) == found
    as_made, other, lower, higher = found.neighbours
    assert (as_made.passes, as_made.trading_folds) == (True, 1.0)
    assert as_made.net_pips == pytest.approx(sum(report.chosen.net_pips for report in made))
    assert (other.passes, other.trades, other.trading_folds) == (False, 0, 0.0)
    assert lower.trades > as_made.trades > higher.trades
    assert found.passing == np.mean([each.passes for each in found.neighbours])


def test_a_day_that_two_folds_validated_counts_once() -> None:
    report = run_fold().validated
    twice = sensitivity_of("SYNEUR", FIRST, [(AS_MADE, [report, report])])
    assert twice.neighbours[0].trades == report.chosen.trades
    assert {gate.name for gate in GATES} >= {"trading_folds", "deflated_sharpe"}
    assert len(QUANTILES) == len(report.candidates)
