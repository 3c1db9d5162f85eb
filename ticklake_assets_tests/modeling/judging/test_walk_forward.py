from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.metrics import overfitting_probability
from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.deployed.gates import PASSED, REJECTED
from ticklake_assets.modeling.fitting.thresholds import QUANTILES, certainty
from ticklake_assets.modeling.judging.evidence import evidence_of
from ticklake_assets.modeling.judging.walk_forward import (
    LEAST_OPENINGS,
    FoldRecord,
    WalkForwardReport,
    chain_digest,
    expect_folds,
    judge,
    overfitting_of_choice,
    validated_trades,
)
from ticklake_assets.modeling.report.page import report_html, report_json
from ticklake_assets_tests.modeling.markets import FIRST, chain, market


def test_a_planted_pattern_passes_every_gate() -> None:
    report = judge(chain(), openings=1, parity=1.0)
    assert report.gates.verdict == PASSED, report.gates.reasons
    assert report.gates.days_had == 6


@pytest.mark.parametrize(("seed", "free"), [(1, False), (2, True)])
def test_noise_does_not_pass(seed: int, free: bool) -> None:  # noqa: FBT001 - a test's parameter
    report = judge(chain(seed=seed, strength=0.0, free=free), openings=1, parity=1.0)
    assert report.gates.verdict != PASSED
    assert {"net_pips_a_day_lower_bound", "deflated_sharpe"} & failed(report)


def test_folds_whose_thresholds_all_lose_trade_nothing_and_the_chain_is_refused() -> None:
    folds = chain(strength=0.0)
    assert all(fold.validation.chosen.trades_nothing for fold in folds)
    report = judge(folds, openings=1, parity=1.0)
    assert (report.gates.verdict, report.trades, report.net_pips) == (REJECTED, 0, 0.0)
    assert report.gates.reasons[0].startswith("trading_folds is 0")
    assert WalkForwardReport.model_validate_json(report.canonical()) == report
    assert "never" in report_html(report)
    assert report_json(report)


def test_strong_folds_are_not_stopped_by_it() -> None:
    assert not any(fold.validation.chosen.trades_nothing for fold in chain())


def failed(report: WalkForwardReport) -> set[str]:
    return {row.name for row in report.gates.rows if row.passed is False}


def test_the_pool_is_every_test_trade_once() -> None:
    folds = chain()
    report = judge(folds, openings=1, parity=1.0)
    nets = [trade.net for fold in folds for day in fold.test.days for trade in day.trades]
    pips = np.array(nets) / market().instrument.pip
    assert report.trades == len(nets)
    assert report.net_pips == pytest.approx(pips.sum())
    by_day = [np.array([trade.net for trade in day.trades]) / market().instrument.pip for day in report.days]
    evidence = evidence_of(by_day, LEAST_OPENINGS)
    assert report.effective_trades == evidence.effective_trades <= len(nets)
    assert report.deflated_sharpe == evidence.deflated_sharpe
    assert report.daily_lower_bound_pips == evidence.daily_lower_bound
    assert report.net_pips_double_slippage == pytest.approx(report.net_pips - 0.2 * len(nets))


def test_more_openings_deflate_more_and_never_fewer_than_five() -> None:
    weak = chain(seed=2, strength=0.0, free=True)
    few, many = judge(weak, 1, 1.0), judge(weak, 500, 1.0)
    assert (few.openings, many.openings) == (5, 500)
    assert many.deflated_sharpe < few.deflated_sharpe


def test_overfitting_is_not_judged_on_six_days() -> None:
    report = judge(chain(), 1, 1.0)
    assert report.pbo is None
    assert report.pbo_days == 6
    assert next(row for row in report.gates.rows if row.name == "pbo").passed is None


def validated_on(folds: list[FoldRecord], nets: Floats, every: int, length: int) -> list[FoldRecord]:
    """The folds as if each had validated on `length` days of `nets` (days, candidates), `every` days after the last.

    A candidate has one trade a day.
    """
    changed = []
    for place, fold in enumerate(folds):
        own, like = range(place * every, place * every + length), fold.validation
        days = [like.days[0].model_copy(update={"day": FIRST + timedelta(days=day)}) for day in own]
        candidates = [
            each.model_copy(
                update={"daily_trades": (1,) * length, "trade_net_pips": tuple(nets[own, column].tolist())}
            )
            for column, each in enumerate(like.candidates)
        ]
        update = {"days": tuple(days), "candidates": tuple(candidates)}
        changed.append(fold.model_copy(update={"validation": like.model_copy(update=update)}))
    return changed


def test_overfitting_is_judged_from_sixty_days_on() -> None:
    nets = np.random.default_rng(1).normal(size=(60, len(QUANTILES)))
    report = judge(validated_on(chain(), nets, every=20, length=20), 1, 1.0)
    assert report.pbo_days == 60
    assert report.pbo == overfitting_probability(60, lambda days: certainty(list(nets[days].T), len(days)))
    assert judge(validated_on(chain(), nets, every=19, length=20), 1, 1.0).pbo is None, "58 different days"


def test_a_day_that_several_folds_validated_counts_once_as_the_last_had_it() -> None:
    first, second, third = (np.full((40, len(QUANTILES)), float(number)) for number in (1, 2, 3))
    rng = np.random.default_rng(2)
    noise = rng.normal(size=first.shape)
    folds = [
        validated_on(chain(), noise + nets, every=10, length=20)[place]
        for place, nets in enumerate((first, second, third))
    ]
    grid = np.array(validated_trades(folds))[:, :, 0]
    assert grid.tolist() == np.concatenate([(noise + 1)[:10], (noise + 2)[10:20], (noise + 3)[20:]]).tolist()


def test_overfitting_of_noise_is_even_where_validation_windows_overlap() -> None:
    rng, folds = np.random.default_rng(3), chain() * 2
    found = []
    for _ in range(20):  # days that count twice lower the mean to 0.16
        nets = rng.normal(size=(5 * 3 + 10, len(QUANTILES)))
        found.append(overfitting_of_choice(validated_trades(validated_on(folds, nets, every=3, length=10))))
    assert 0.4 < np.mean(found) < 0.6


def test_turnover_and_exposure_are_by_open_day() -> None:
    *earlier, last = chain()
    days = tuple(day.model_copy(update={"is_open": False}) for day in last.test.days)
    half_closed = last.model_copy(update={"test": last.test.model_copy(update={"days": days})})
    every, fewer = (judge([*earlier, fold], 1, 1.0) for fold in (last, half_closed))
    assert fewer.trades_a_day == every.trades / 4
    assert fewer.exposure == pytest.approx(every.exposure * 6 / 4)


def test_unmeasured_parity_withholds_the_pass() -> None:
    assert judge(chain(), 1, None).gates.verdict == "insufficient_evidence"
    assert judge(chain(), 1, 0.999).gates.verdict == "rejected"


def test_the_report_survives_json() -> None:
    report = judge(chain(), 1, 1.0)
    assert WalkForwardReport.model_validate_json(report.canonical()) == report
    assert judge(chain(), 1, 1.0).canonical() == report.canonical()


def test_test_windows_must_tile() -> None:
    folds = chain()
    with pytest.raises(
        DataError, match=r"do not tile\. Expected the later to start on 2024-01-13, was 2024-01-15"
    ):
        judge([folds[0], folds[2]], 1, 1.0)
    with pytest.raises(DataError, match="do not tile"):
        judge([folds[1], folds[0], folds[2]], 1, 1.0)
    with pytest.raises(MissingDataError, match="Expected at least one, was none"):
        judge([], 1, 1.0)


@pytest.mark.parametrize(
    ("tested", "said"),
    [
        ([0, 0], "was 2024-01-11, 2024-01-11"),
        ([1, 0], "was 2024-01-12, 2024-01-11"),
        ([0, 2], "was 2024-01-11, 2024-01-13"),
        ([-1, 0], "was 2024-01-10, 2024-01-11"),
    ],
    ids=["twice", "turned around", "a day after", "a day before"],
)
def test_the_days_that_were_tested_are_those_of_the_window(tested: list[int], said: str) -> None:
    first, *others = chain()
    days = [
        day.model_copy(update={"day": first.windows.test.first + timedelta(days=offset)})
        for day, offset in zip(first.test.days, tested, strict=True)
    ]
    wrong = first.model_copy(update={"test": first.test.model_copy(update={"days": tuple(days)})})
    with pytest.raises(
        DataError, match=rf"as of 2024-01-13 tested other days .* from 2024-01-11 to 2024-01-12, {said}: make"
    ):
        judge([wrong, *others], 1, 1.0)


def test_a_closed_day_of_a_window_is_not_tested() -> None:
    first, *others = chain()
    shorter = first.model_copy(update={"test": first.test.model_copy(update={"days": first.test.days[1:]})})
    assert len(judge([shorter, *others], 1, 1.0).days) == 5


def test_a_chain_has_one_symbol() -> None:
    folds: list[FoldRecord] = chain()
    other = folds[1].model_copy(update={"test": folds[1].test.model_copy(update={"symbol": "SYNJPY"})})
    with pytest.raises(DataError, match=r"Expected one, was \['SYNEUR', 'SYNJPY'\]"):
        judge([folds[0], other], 1, 1.0)


def test_missing_folds_come_with_the_command_that_makes_them() -> None:
    last, windows = FIRST + timedelta(days=16), Windows(8, 2, 2)
    wanted = expect_folds("SYNEUR", last, windows, 3, [date(2024, 1, 13), date(2024, 1, 15), last])
    assert wanted == [date(2024, 1, 13), date(2024, 1, 15), last]
    with pytest.raises(
        MissingDataError, match=r"are missing: 2024-01-15\. .*, was 2; make them with `(.*)`"
    ) as told:
        expect_folds("SYNEUR", last, windows, 3, [date(2024, 1, 13), last])
    command = str(told.value).split("`")[1]
    assert command == (
        "ticklake walk-forward SYNEUR --from 2024-01-13 --to 2024-01-17 --every 2d --train 8d --validate 2d"
    )


def test_the_command_for_missing_anchored_folds_has_the_train_days_of_the_first() -> None:
    last, anchor = FIRST + timedelta(days=16), FIRST
    with pytest.raises(MissingDataError) as told:
        expect_folds("SYNEUR", last, Windows(12, 2, 2), 3, [last], anchor)
    assert str(told.value).split("`")[1] == (
        "ticklake walk-forward SYNEUR --from 2024-01-13 --to 2024-01-17 --every 2d --train 8d --validate 2d --anchored"
    )


def test_a_chain_is_named_by_its_bundles() -> None:
    folds = chain()
    assert chain_digest(folds) == chain_digest(chain())
    assert chain_digest(folds[:2]) != chain_digest(folds)


def test_candidates_of_every_fold_are_the_same_grid() -> None:
    for fold in chain():
        assert tuple(each.quantile for each in fold.validation.candidates) == QUANTILES


def test_lost_skill_is_that_of_the_folds_together() -> None:
    folds = chain(strength=0.0, seed=2, free=True)
    report = judge(folds, 1, 1.0)
    weights = [fold.validation.effective for fold in folds]
    seen, unseen = (
        np.average([getattr(fold.validation.overfit, name) for fold in folds], weights=weights)
        for name in ("seen_skill", "unseen_skill")
    )
    assert report.lost_skill == pytest.approx(1 - unseen / seen)
    assert "lost_skill" in failed(report)
    assert judge(chain(), 1, 1.0).lost_skill < 0.75


def test_a_slow_decision_is_rejected_and_one_that_nobody_timed_is_not() -> None:
    assert failed(judge(chain(), 1, 1.0, decision_ms=25.0)) == {"decision_ms"}
    assert failed(judge(chain(), 1, 1.0)) == set()
