from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport, judge
from ticklake_assets.modeling.report import money_charts
from ticklake_assets.modeling.report.money_charts import (
    cost_chart,
    daily_chart,
    drawdown_chart,
    equity_chart,
    regime_chart,
)
from ticklake_assets.modeling.report.page import report_html
from ticklake_assets_tests.modeling.markets import chain


def report() -> WalkForwardReport:
    return judge(chain(), 1, 1.0)


def titles(svg: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(svg).iter("title")]


@pytest.mark.parametrize("name", [name for name in dir(money_charts) if name.endswith("_chart")])
def test_every_chart_is_one_picture_and_the_same_each_time(name: str) -> None:
    draw = getattr(money_charts, name)
    svg = draw(report())
    assert ElementTree.fromstring(svg).tag == "svg"
    assert draw(report()) == svg
    assert "nan" not in svg


def test_equity_has_a_point_a_trade_and_a_band_a_fold() -> None:
    root = ElementTree.fromstring(equity_chart(report()))
    (line,) = root.findall("polyline")
    assert len((line.get("points") or "").split()) == report().trades + 2
    assert [title for title in titles(equity_chart(report())) if title.startswith("fold 2024-01-1")] != []
    assert len(root.findall("rect")) == 3


def test_the_drawdown_is_as_deep_as_the_gates_say() -> None:
    root = ElementTree.fromstring(drawdown_chart(report()))
    (area,) = root.findall("polygon")
    down = [float(point.split(",")[1]) for point in (area.get("points") or "").split()]
    rules = {
        float(words.text or ""): float(words.get("y") or "") - 4 for words in root.findall("text")
    }  # pixel of each number on the axis
    (zero, one) = sorted(rules, reverse=True)[:2]
    pips_a_pixel = (zero - one) / (rules[one] - rules[zero])
    assert (max(down) - rules[zero]) * pips_a_pixel == pytest.approx(report().drawdown_pips, rel=0.02)
    assert f"{report().drawdown_pips:.1f} pips" in (root.get("aria-label") or "")


def test_costs_lead_from_gross_to_net() -> None:
    steps = titles(cost_chart(report()))
    numbers = [float(step.split(": ")[1].split()[0]) for step in steps]
    assert [step.split(":")[0] for step in steps] == [
        "at mid",
        "spread",
        "slippage",
        "commission",
        "swap",
        "net",
    ]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.3)
    assert numbers[-1] == pytest.approx(report().net_pips, abs=0.06)


def test_each_day_and_each_kind_of_market_is_shown() -> None:
    assert len(titles(daily_chart(report()))) == 6
    shown = [title.split(",")[0] for title in titles(regime_chart(report()))]
    assert shown == [regime.name for regime in report().regimes]


def test_a_chain_without_a_trade_can_still_be_looked_at() -> None:
    folds = [
        fold.model_copy(
            update={
                "test": fold.test.model_copy(
                    update={
                        "days": tuple(
                            day.model_copy(
                                update={"trades": (), "conditions": (), "reasons": (), "net_pips": 0.0}
                            )
                            for day in fold.test.days
                        )
                    }
                )
            }
        )
        for fold in chain()
    ]
    idle = judge(folds, 1, 1.0)
    assert idle.regimes == ()
    assert ElementTree.fromstring(equity_chart(idle)).tag == "svg"
    assert ElementTree.fromstring(drawdown_chart(idle)).tag == "svg"
    assert "No trade, so none to split" in report_html(idle)
