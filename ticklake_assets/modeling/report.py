"""The walk-forward report as one HTML file that loads nothing, and the same numbers as JSON.

Path("report.html").write_text(report_html(report), encoding="utf-8")
Path("report.json").write_bytes(report.canonical())
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ticklake_assets.modeling.gates import LEAST_PBO_DAYS, GateReport, GateRow
from ticklake_assets.modeling.manifest import DayRange
from ticklake_assets.modeling.report_charts import (
    calibration_chart,
    cost_chart,
    daily_chart,
    drawdown_chart,
    equity_chart,
    importance_chart,
)
from ticklake_assets.modeling.walk_forward import FoldRecord, WalkForwardReport

_VERDICTS = {"passed": "passed", "rejected": "rejected", "insufficient_evidence": "insufficient evidence"}

_STYLE = """
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;color:#1f2933;background:#fff;margin:0}
main{max-width:960px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:26px;font-weight:600;margin:0}h2{font-size:17px;font-weight:600;margin:36px 0 8px}
p,li{max-width:72ch}.quiet{color:#52606d;font-size:13px}
.verdict{display:inline-block;margin-left:12px;padding:2px 12px;border-radius:12px;font-size:15px;color:#fff;
vertical-align:4px}.passed{background:#3f8f6b}.rejected{background:#b5533c}.insufficient_evidence{background:#8a7a3d}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:14px 24px;margin:20px 0}
dt{color:#52606d;font-size:13px}dd{margin:0;font-size:21px;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th{font-weight:600;text-align:left;border-bottom:1px solid #9aa5b1;padding:5px 10px 5px 0;
vertical-align:bottom}
td{border-bottom:1px solid #e4e7eb;padding:5px 10px 5px 0;vertical-align:top}
.n{text-align:right}td.n,.d{white-space:nowrap}.yes{color:#2f7a58}.no{color:#b5533c;font-weight:600}
.wide{overflow-x:auto}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(380px,1fr));gap:8px 24px}
svg{width:100%;height:auto;display:block;font:11px system-ui,sans-serif}figure{margin:0}
figcaption{color:#52606d;font-size:13px}code{font-size:12.5px}
@media print{main{padding:0}h2{break-after:avoid}table,figure{break-inside:avoid}}
"""


def report_html(report: WalkForwardReport) -> str:
    """Write the page; the same report gives the same text."""
    title = f"{report.symbol}, walk-forward to {report.as_of}"
    verdict = report.gates.verdict
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>{escape(title)}<span class="verdict {verdict}">{_VERDICTS[verdict]}</span></h1>'
        f"{_summary(report)}{_figures(report)}"
        f"<h2>Equity</h2>{_equity(report)}"
        f"<h2>Gates</h2>{_gates(report.gates)}"
        f"<h2>Folds</h2>{_folds(report.folds)}"
        f"<h2>Signals</h2>{_signals(report)}"
        f"<h2>Models</h2>{_models(report)}"
        f"{_notes(report)}</main></body></html>\n"
    )


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
        ("costs, share of gross", _number(report.cost_share, ".0%")),
        ("time in the market", f"{report.exposure:.0%}"),
    ]
    return "<dl>" + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in pairs) + "</dl>"


def _equity(report: WalkForwardReport) -> str:
    return (
        _figure(equity_chart(report), "Net pips after each trade; folds shaded in turn.")
        + _figure(
            drawdown_chart(report),
            "Fall from the highest point so far, pips, at the worst moment and the end of each trade.",
        )
        + _pair(
            _figure(daily_chart(report), "Net pips by tested day."),
            _figure(cost_chart(report), "Pips earned at mid prices, and what trading cost."),
        )
    )


def _models(report: WalkForwardReport) -> str:
    return _pair(
        _figure(
            calibration_chart(report),
            "Observed over stated probability on validation days; honest on the line.",
        ),
        _figure(importance_chart(report), "Share of the gain; bar: mean, dots: folds."),
    )


def _gates(gates: GateReport) -> str:
    return _table(
        ["gate", "value", "threshold", "", "reason"],
        [[row.name, _value(row), row.threshold, _mark(row), row.reason] for row in gates.rows],
        numbers={1, 2},
    )


def _value(row: GateRow) -> str:
    return "not enough evidence" if row.value is None else f"{row.value:,.4g}"


def _mark(row: GateRow) -> str:
    return "–" if row.passed is None else "passed" if row.passed else "failed"


def _folds(folds: Sequence[FoldRecord]) -> str:
    header = ["as of", "train", "validated", "tested", "labels (effective)", "act at", "overfit gap"]
    header += ["validation net", "test net", "trades", "coverage", "bundle"]
    rows = [
        [
            f"{fold.as_of}",
            _span(fold.windows.train),
            _span(fold.windows.validation),
            _span(fold.windows.test),
            f"{fold.training.events:,} ({fold.training.effective:,.0f})",
            f"{fold.validation.thresholds.act:.3f}",
            f"{fold.validation.overfit_gap:+.3f}",
            f"{fold.validation.chosen.net_pips:+,.1f}",
            f"{fold.test.net_pips:+,.1f}",
            f"{fold.test.trades:,}",
            f"{fold.test.coverage:.1%}",
            fold.test.bundle[:12],
        ]
        for fold in folds
    ]
    return _table(header, rows, numbers=set(range(4, 11)))


def _span(window: DayRange) -> str:
    """Days of a window, the month once where it is one: `1-8 Jan`."""
    start = (
        f"{window.first.day}"
        if window.first.month == window.last.month
        else f"{window.first.day} {window.first:%b}"
    )
    return f"{start}–{window.last.day} {window.last:%b}"


def _signals(report: WalkForwardReport) -> str:
    header = ["day", "quotes", "events", "out of distribution", "feed anomaly", "signals", "position open"]
    header += ["no entry", "trades", "net, pips"]
    rows = [
        [
            f"{day.day}",
            f"{day.ticks:,}",
            f"{day.events:,}",
            f"{day.out_of_distribution:,}",
            f"{day.feed_anomalies:,}",
            f"{day.signals:,}",
            f"{day.position_open:,}",
            f"{day.no_entry:,}",
            f"{len(day.trades):,}",
            f"{day.net_pips:+,.1f}",
        ]
        for day in report.days
    ]
    return _table(header, rows, numbers=set(range(1, 10)))


def _notes(report: WalkForwardReport) -> str:
    pbo = (
        f"{report.pbo:.2f}"
        if report.pbo is not None
        else f"not enough evidence ({report.pbo_days} of {LEAST_PBO_DAYS} validation days)"
    )
    return (
        '<h2>How to read this</h2><p class="quiet">Each fold was trained, calibrated and given its thresholds on '
        "days before its test window, then traded once, quote by quote, with latency, spread, slippage and "
        "commission, one position at a time. The file that was tested is the file that would be deployed. "
        f"The deflated Sharpe ratio assumes {report.openings} looks at these days and V = 1 / (T - 1); the "
        f"candidates' own Sharpe ratios vary by {report.empirical_sharpe_variance:.2g}. "
        f"Probability of backtest overfitting: {pbo}. "
        "A few days can refute an edge; they hardly confirm one.</p>"
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: set[int]) -> str:
    """Cells are escaped; columns in `numbers` are right-aligned, `passed` and `failed` coloured."""

    def cell(tag: str, place: int, words: str) -> str:
        kind = {"passed": "yes", "failed": "no"}.get(
            words, "n" if place in numbers else "d" if len(words) < 16 else ""
        )
        return f'<{tag} class="{kind}">{escape(words)}</{tag}>'

    head = "".join(cell("th", place, words) for place, words in enumerate(header))
    body = "".join(
        "<tr>" + "".join(cell("td", place, words) for place, words in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def _pair(left: str, right: str) -> str:
    return f'<div class="pair">{left}{right}</div>'


def _number(value: float | None, style: str) -> str:
    return "–" if value is None else format(value, style)
