from __future__ import annotations

import pytest

from ticklake_assets.modeling.judging.cost_surface import LATENCIES_MS, MULTIPLES, surface_of
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport, judge
from ticklake_assets.modeling.report.cost_charts import break_even_sentence, cost_surface_chart
from ticklake_assets.modeling.report.page import report_html
from ticklake_assets_tests.modeling.judging.test_cost_surface import late_day
from ticklake_assets_tests.modeling.markets import chain
from ticklake_assets_tests.modeling.report.test_money_charts import titles


def report() -> WalkForwardReport:
    return judge(chain(), 1, 1.0)


def test_the_heat_map_has_a_cell_a_latency_and_multiple() -> None:
    told = titles(cost_surface_chart(report()))
    assert len(told) == (1 + len(LATENCIES_MS)) * len(MULTIPLES)
    own = told[MULTIPLES.index(1.0)]
    assert own.startswith(f"as drawn, 1 times the costs: {report().net_pips:+,.1f} pips, earns")
    assert cost_surface_chart(report()) == cost_surface_chart(report())


@pytest.mark.parametrize(
    ("net", "cost", "trades", "said"),
    [
        (
            10.0,
            10.0,
            10,
            "A trade pays 1.00 pips, spread included. The net is 0 at 2.00 times that, 2.00 pips",
        ),
        (-5.0, 10.0, 10, "The net is 0 at 0.50 times that, 0.50 pips a trade"),
        (
            -20.0,
            10.0,
            10,
            "A trade pays 1.00 pips, spread included, and loses 1.00 pips at mid prices already",
        ),
        (0.0, 0.0, 0, "No trade"),
        (5.0, 0.0, 5, "The trades paid nothing"),
    ],
)
def test_the_break_even_is_a_sentence(net: float, cost: float, trades: int, said: str) -> None:
    each = max(1, trades)
    day = late_day(*[(net / each, cost / each)] * trades)
    assert said in break_even_sentence(surface_of([(day,)], 1))


def test_the_page_says_money_and_size() -> None:
    page = report_html(report())
    money = report().money
    assert f"<dt>net, EUR</dt><dd>{money.net:+,.0f}</dd>" in page
    assert f"Costs are of {report().costs.version}." in page
    assert break_even_sentence(report().cost_surface) in page
