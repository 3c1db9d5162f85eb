from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ticklake_assets.modeling.fitting.thresholds import QUANTILES
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport, judge
from ticklake_assets.modeling.report import model_charts
from ticklake_assets.modeling.report.model_charts import (
    abstaining_chart,
    calibration_chart,
    coverage_risk_chart,
    importance_chart,
    promise_chart,
)
from ticklake_assets.modeling.trading.abstaining import COVERAGES
from ticklake_assets_tests.modeling.markets import chain
from ticklake_assets_tests.modeling.report.test_money_charts import titles


def report() -> WalkForwardReport:
    return judge(chain(), 1, 1.0)


@pytest.mark.parametrize("name", [name for name in dir(model_charts) if name.endswith("_chart")])
def test_every_chart_is_one_picture_and_the_same_each_time(name: str) -> None:
    draw = getattr(model_charts, name)
    svg = draw(report())
    assert ElementTree.fromstring(svg).tag == "svg"
    assert draw(report()) == svg
    assert "nan" not in svg
    assert "#" not in svg, "colours are the page's"


def test_calibration_shows_every_bin_and_all_folds_together() -> None:
    bins = [each for fold in report().folds for each in fold.validation.reliability]
    told = titles(calibration_chart(report()))
    assert len([title for title in told if title.startswith("stated")]) == len(bins)
    assert len([title for title in told if title.startswith("all folds")]) == 5


def test_coverage_and_risk_have_a_line_a_fold_and_one_for_all() -> None:
    root = ElementTree.fromstring(coverage_risk_chart(report()))
    lines = root.findall("polyline")
    assert [len((line.get("points") or "").split()) for line in lines] == [len(QUANTILES)] * 4
    told = titles(coverage_risk_chart(report()))
    for fold in report().folds:
        chosen = fold.validation.chosen
        expected = f"acts on {1 - chosen.quantile:.0%}: {chosen.net_pips / chosen.trades:+.2f} pips a trade"
        assert f"fold {fold.as_of} {expected}" in told


def test_abstaining_pools_the_folds_at_each_coverage() -> None:
    told = titles(abstaining_chart(report()))
    assert len(told) == len(COVERAGES)
    whole = [fold.test.abstaining.curve[0] for fold in report().folds]
    net = sum(each.net_pips for each in whole) / sum(each.orders for each in whole)
    assert told[0] == f"100.0% of the events admitted: {net:+.2f} pips an order"


def test_importance_is_a_cell_a_fold_and_feature_the_most_used_first() -> None:
    told = titles(importance_chart(report(), 5))
    assert len(told) == 5 * 3
    first = told[0].split(",")[0]
    mean = {
        name: sum(fold.training.importance.get(name, 0.0) for fold in report().folds)
        for name in report().folds[0].training.importance
    }
    assert first == max(mean, key=lambda name: mean[name])


def test_a_fold_shows_what_was_promised_and_what_came() -> None:
    told = set(titles(promise_chart(report())))
    for fold in report().folds:
        came = fold.test.net_pips / len(fold.test.days)
        assert any(
            title.startswith(f"fold {fold.as_of}") and f"{came:+.1f} on test days" in title for title in told
        )
