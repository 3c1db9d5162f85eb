"""The walk-forward report as one HTML file that loads nothing, and the same numbers as JSON.

Path("report.html").write_text(report_html(report), encoding="utf-8")
Path("report.json").write_bytes(report_json(report))
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from ticklake_assets.modeling.gates import LEAST_PBO_DAYS
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
from ticklake_assets.modeling.report.style import STYLE
from ticklake_assets.modeling.report.tables import (
    abstentions_table,
    days_table,
    folds_table,
    gates_table,
    regimes_table,
)
from ticklake_assets.modeling.walk_forward import WalkForwardReport

_VERDICTS = {"passed": "passed", "rejected": "rejected", "insufficient_evidence": "insufficient evidence"}


def report_html(report: WalkForwardReport) -> str:
    """Write the page; the same report gives the same text."""
    title = f"{report.symbol}, walk-forward to {report.as_of}"
    verdict = report.gates.verdict
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f'<h1>{escape(title)}<span class="verdict {verdict}">{_VERDICTS[verdict]}</span></h1>'
        f"{_summary(report)}{_figures(report)}"
        f"<h2>Money</h2>{_money(report)}"
        f"<h2>Gates</h2>{gates_table(report.gates)}"
        f"<h2>Folds</h2>{folds_table(report)}"
        f"<h2>Markets</h2>{_markets(report)}"
        f"<h2>Models</h2>{_models(report)}"
        f"<h2>Days</h2>{days_table(report.days)}"
        f"{_notes(report)}</main></body></html>\n"
    )


def report_json(report: WalkForwardReport) -> bytes:
    """The page's numbers, indented for people; single trades stay in the lake's `models/tested` documents."""
    candidates = {"trade_net_pips": True}
    left_out: dict[str, Any] = {
        "validation": {"candidates": {"__all__": candidates}, "chosen": candidates},
        "test": {"days": {"__all__": {"trades": True, "conditions": True}}},
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


def _summary(report: WalkForwardReport) -> str:
    gates = report.gates
    evidence = (
        f"Evidence: {gates.days_had} open test days (at least {gates.days_needed} needed), "
        f"{gates.trades_had} trades (at least {gates.trades_needed})."
    )
    if not gates.reasons:
        return f"<p>Every gate that counts passed: the last fold's bundle may be deployed. {evidence}</p>"
    held = "".join(f"<li>{escape(reason)}</li>" for reason in gates.reasons)
    return f"<p>This model is not tradable. {evidence}</p><ul>{held}</ul>"


def _figures(report: WalkForwardReport) -> str:
    pairs = [
        ("net, pips", f"{report.net_pips:+,.1f}"),
        ("trades", f"{report.trades:,}"),
        ("5 % lower bound, pips a day", _number(report.daily_lower_bound_pips, "+,.1f")),
        ("deflated Sharpe", f"{report.deflated_sharpe:.3f}"),
        ("maximum drawdown, pips", f"{report.drawdown_pips:,.1f}"),
        ("net at twice the slippage", f"{report.net_pips_double_slippage:+,.1f}"),
        ("overfitting probability", _number(report.pbo, ".2f")),
        ("turnover, trades a day", f"{report.trades_a_day:,.1f}"),
        ("costs, share of gross", _number(report.cost_share, ".0%")),
        ("time in the market", f"{report.exposure:.0%}"),
        ("coverage", f"{report.coverage:.1%}"),
    ]
    return "<dl>" + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in pairs) + "</dl>"


def _money(report: WalkForwardReport) -> str:
    return (
        _figure(
            "Equity, pips",
            equity_chart(report),
            "After each trade; folds shaded in turn, their own net on top.",
        )
        + _figure(
            "Drawdown, pips",
            drawdown_chart(report),
            "Fall from the highest point so far, at the worst moment and the end of each trade.",
        )
        + _figure(
            "Promised and brought, pips a day",
            promise_chart(report),
            "Grey: the chosen threshold on the fold's validation days. Coloured: its test days.",
        )
        + _pair(
            _figure("Net by tested day, pips", daily_chart(report), ""),
            _figure(
                "Where the profit went, pips", cost_chart(report), "From trades at mid prices to the net."
            ),
        )
    )


def _markets(report: WalkForwardReport) -> str:
    if not report.regimes:
        return "<p>No trade, so none to split.</p>"
    caption = (
        "By the market at the signal; volatility and spread in thirds of these trades, sessions by UTC hours."
    )
    return _figure("Net a trade, pips", regime_chart(report), caption) + regimes_table(report.regimes)


def _models(report: WalkForwardReport) -> str:
    return (
        _figure(
            "Feature importance over time",
            importance_chart(report),
            "Share of the trees' gain by feature, fold by fold. A map that changes from column to column is a market "
            "that changes, or a model that fits noise.",
        )
        + _pair(
            _figure(
                "Calibration",
                calibration_chart(report),
                "What happened over what was stated, on validation days: small dots are folds, the line is all of "
                "them. Honest models lie on the diagonal.",
            ),
            _figure(
                "Coverage and risk of acting",
                coverage_risk_chart(report),
                "Net a trade on validation days over the share of events acted on: fewer and surer trades lie to "
                "the left. Thin lines are folds, the thick one is all of them, dots are what each fold chose.",
            ),
        )
        + _pair(
            _figure(
                "Coverage and risk of strange events",
                abstaining_chart(report),
                "Net an order over the share of events that the anomaly model admits, least strange first, on test "
                "days (blue) and validation days (grey). A line that falls to the right: abstaining pays.",
            ),
            f"<div><h3>What abstaining did on test days</h3>{abstentions_table(report.folds)}</div>",
        )
    )


def _notes(report: WalkForwardReport) -> str:
    pbo = (
        f"{report.pbo:.2f}"
        if report.pbo is not None
        else f"not enough evidence ({report.pbo_days} of {LEAST_PBO_DAYS} validation days)"
    )
    return (
        '<h2>How to read this</h2><p class="quiet">Each fold was trained, calibrated and given its thresholds on '
        "days before its test window, then traded once, quote by quote, with latency, spread, slippage, "
        "commission and swap, one position at a time. The file that was tested is the file that would be deployed. "
        f"The deflated Sharpe ratio takes the chain for the best of {report.openings:,} over these days and "
        "V = 1 / (T - 1); the "
        f"candidates' own Sharpe ratios vary by {report.empirical_sharpe_variance:.2g}. "
        f"Probability of backtest overfitting: {pbo}. "
        "A few days can refute an edge; they hardly confirm one.</p>"
    )


def _figure(title: str, svg: str, caption: str) -> str:
    said = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f"<figure><h3>{escape(title)}</h3>{svg}{said}</figure>"


def _pair(left: str, right: str) -> str:
    return f'<div class="pair">{left}{right}</div>'


def _number(value: float | None, style: str) -> str:
    return "–" if value is None else format(value, style)
