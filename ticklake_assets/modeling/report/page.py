"""The walk-forward report as one HTML file that loads nothing, and the same numbers as JSON.

Path("report.html").write_text(report_html(report), encoding="utf-8")
Path("report.json").write_bytes(report_json(report))
"""

from __future__ import annotations

import json
from typing import Any

from ticklake_assets.modeling.deployed.card import card_sections, card_title
from ticklake_assets.modeling.deployed.gates import LEAST_PBO_DAYS
from ticklake_assets.modeling.judging.importance import CORRELATED
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport
from ticklake_assets.modeling.report.cost_charts import break_even_sentence, cost_surface_chart
from ticklake_assets.modeling.report.importance import importance_rows, together_rows
from ticklake_assets.modeling.report.model_charts import (
    abstaining_chart,
    calibration_chart,
    coverage_risk_chart,
    importance_chart,
    promise_chart,
)
from ticklake_assets.modeling.report.money_charts import (
    cost_chart,
    daily_chart,
    drawdown_chart,
    equity_chart,
    regime_chart,
)
from ticklake_assets.modeling.report.svg import NARROW
from ticklake_assets.modeling.report.tables import (
    abstention_rows,
    benchmark_rows,
    day_rows,
    fold_rows,
    gate_rows,
    regime_rows,
)
from ticklake_assets.modeling.report.templating import template
from ticklake_assets.modeling.report.trades import trade_rows

PAGE = "page.html.j2"

_OF_DAYS: dict[str, Any] = {
    "trades": True,
    "conditions": True,
    "reasons": True,
    "benchmarks": True,
    "latencies": True,
    "money": {"quoted_millions"},
}
"""What of a tested day stays out of the numbers."""

_CHARTS = (
    equity_chart,
    drawdown_chart,
    promise_chart,
    daily_chart,
    cost_chart,
    cost_surface_chart,
    regime_chart,
    importance_chart,
    calibration_chart,
    coverage_risk_chart,
    abstaining_chart,
)
_ALSO_NARROW = equity_chart, drawdown_chart, promise_chart


def report_html(report: WalkForwardReport) -> str:
    """Write the page; the same report gives the same text."""
    return template(PAGE).render(page_values(report))


def page_values(report: WalkForwardReport) -> dict[str, Any]:
    """What the page's template names: the report, each chart as markup, the rows of each table."""
    manifest = report.folds[-1].test.manifest
    return {
        "report": report,
        "break_even": break_even_sentence(report.cost_surface),
        "card_title": card_title(manifest),
        "card_sections": card_sections(manifest, report.gates),
        "correlated": CORRELATED,
        "least_pbo_days": LEAST_PBO_DAYS,
        "gate_rows": gate_rows(report.gates),
        "benchmark_rows": benchmark_rows(report),
        "fold_rows": fold_rows(report),
        "regime_rows": regime_rows(report.regimes),
        "abstention_rows": abstention_rows(report.folds),
        "day_rows": day_rows(report.days),
        "trade_rows": trade_rows(report),
        "importance_rows": importance_rows(report.folds),
        "together_rows": together_rows(report.folds),
        **{draw.__name__: draw(report) for draw in _CHARTS},
        **{f"{draw.__name__}_narrow": draw(report, NARROW) for draw in _ALSO_NARROW},
    }


def report_json(report: WalkForwardReport) -> bytes:
    """The page's numbers, indented for people; single trades are in trades.csv."""
    candidates = {"trade_net_pips": True}
    left_out: dict[str, Any] = {
        "validation": {"candidates": {"__all__": candidates}, "chosen": candidates},
        "test": {"costs": True, "manifest": True, "days": {"__all__": _OF_DAYS}},
    }
    numbers = report.model_dump(mode="json", exclude={"folds": {"__all__": left_out}})
    numbers["trades"] = report.trades
    for told, fold in zip(numbers["folds"], report.folds, strict=True):
        told["test"] |= {
            "net_pips": fold.test.net_pips,
            "trades": fold.test.trades,
            "coverage": fold.test.coverage,
        }
        for shown, day in zip(told["test"]["days"], fold.test.days, strict=True):
            shown["trades"] = len(day.trades)
    return (json.dumps(numbers, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()
