"""What MLflow is told of a walk-forward: the folds as steps, the chain, the gates, and the report to read."""

from __future__ import annotations

from typing import Any

from ticklake_assets.defs.metadata import sentences
from ticklake_assets.modeling.gates import GateReport, figures_of
from ticklake_assets.modeling.walk_forward import WalkForwardReport


def log_report(run: Any, report: WalkForwardReport, html: str, numbers: str) -> None:
    """Log a judged chain in the open run; a figure that could not be measured is left out."""
    gates = report.gates
    run.log_params(
        {"bundle": report.folds[-1].test.bundle, "folds": len(report.folds), "openings": report.openings}
    )
    run.set_tags({"verdict": gates.verdict, "reasons": sentences(gates.reasons)})
    for number, fold in enumerate(report.folds, 1):
        test = fold.test
        figures = {"net_pips": test.net_pips, "trades": test.trades, "drawdown_pips": test.drawdown_pips}
        run.log_metrics({f"folds/{name}": value for name, value in figures.items()}, step=number)
    run.log_metrics({name: value for name, value in _figures(report).items() if value is not None})
    run.log_metrics(figures_of(gates.rows))
    run.log_table(_table(gates), "gates.json")
    run.log_text(html, "report.html")
    run.log_text(numbers, "report.json")


def _figures(report: WalkForwardReport) -> dict[str, float | None]:
    return {
        "net_pips": report.net_pips,
        "net_pips_double_slippage": report.net_pips_double_slippage,
        "drawdown_pips": report.drawdown_pips,
        "trades": report.trades,
        "trades_a_day": report.trades_a_day,
        "cost_share": report.cost_share,
        "deflated_sharpe": report.deflated_sharpe,
        "pbo": report.pbo,
    }


def _table(gates: GateReport) -> dict[str, list[Any]]:
    """By column, as MLflow takes a table."""
    rows = [row.model_dump() for row in gates.rows]
    return {column: [row[column] for row in rows] for column in rows[0]}
