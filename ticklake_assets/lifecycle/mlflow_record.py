"""What MLflow is told of each stage, in the run of the stage that is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ticklake_assets.core.bundle_files import CARD
from ticklake_assets.modeling.deployed.bundle import Bundle
from ticklake_assets.modeling.deployed.card import card_markdown
from ticklake_assets.modeling.deployed.gates import GateReport, GateRow, figures_of
from ticklake_assets.modeling.fitting.training import TrainingReport
from ticklake_assets.modeling.fitting.validation import ValidationReport
from ticklake_assets.modeling.judging.benchmarks import Benchmark
from ticklake_assets.modeling.judging.testing import BundleTest
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport
from ticklake_assets.modeling.report.trades import trades_csv


def log_training(run: Any, report: TrainingReport, search: str) -> None:
    """The chosen parameters, every trial as a step, and by `search` which validation is of this training."""
    run.log_params(
        {**report.parameters, "seed": report.seed, "trials": report.budget.trials, "search": search}
    )
    run.log_metrics({"train_loss": report.train_loss, "events": report.events})
    for trial in report.trials:
        run.log_metrics({"trial_loss": trial.loss, "trial_skill": trial.skill}, step=trial.number)
    run.log_text(report.model_dump_json(indent=1), "training.json")


def log_validation(run: Any, report: ValidationReport, bundle: Bundle, search: str) -> None:
    """What was chosen and found on the validation days, for this bundle, and its card."""
    run.log_params({"act_threshold": report.chosen.act, "bundle": bundle.digest, "search": search})
    run.log_metrics(
        {
            "validation_loss": report.loss,
            "overfit_gap": report.overfit_gap,
            "overfit_p_value": report.overfit.p_value,
            "lost_skill": report.overfit.lost_skill,
            "skill_spread": report.skill_spread,
            "calibration_error": report.calibration_error,
        }
    )
    run.log_text(report.model_dump_json(indent=1), "validation.json")
    run.log_text(bundle.card, CARD)


def log_test(run: Any, report: BundleTest, gates: tuple[GateRow, ...]) -> None:
    """What the test days brought, and the gates that the fold meets by itself."""
    run.log_params({"bundle": report.bundle})
    if report.risk is not None:
        run.log_params({"risk_limits": report.risk.limits, "risk_currency": report.risk.currency})
        run.log_metrics({"risk_net": float(report.risk.net)})
    run.log_metrics({**figures_of_test(report), **figures_of(gates), **_without_skill(report.benchmarks)})
    run.log_text(report.model_dump_json(indent=1), "test.json")


def log_walk_forward(run: Any, report: WalkForwardReport, html: str, numbers: str, lake: str) -> None:
    """A judged chain, its folds as steps, and the report to read; a figure that was not measured is left out.

    The head of the ledger lies where the ledger can't reach it; `lake` says whose it is.
    """
    gates = report.gates
    run.log_params(
        {"bundle": report.folds[-1].test.bundle, "folds": len(report.folds), "openings": report.openings}
    )
    run.log_params({"costs": report.costs.version, "currency": report.money.currency})
    if report.ledger is not None:
        told = {"lake": lake, **report.ledger.model_dump()}
        run.set_tags({f"ledger_{name}": f"{value}" for name, value in told.items()})
    run.set_tags(
        {"verdict": gates.verdict, "in_words": gates.headline, "reasons": "; ".join(gates.reasons) or "none"}
    )
    for number, fold in enumerate(report.folds, 1):
        figures = figures_of_test(fold.test).items()
        run.log_metrics({f"folds/{name}": value for name, value in figures}, step=number)
    run.log_metrics({name: value for name, value in _figures(report).items() if value is not None})
    run.log_metrics({**figures_of(gates.rows), **_without_skill(report.benchmarks)})
    run.log_table(_table(gates), "gates.json")
    run.log_text(html, "report.html")
    run.log_text(numbers, "report.json")
    run.log_text(trades_csv(report), "trades.csv")
    run.log_text(card_markdown(report.folds[-1].test.manifest, gates), CARD)


def figures_of_test(report: BundleTest) -> dict[str, float]:
    """The figures of a test that ledger and MLflow keep."""
    return {"net_pips": report.net_pips, "trades": report.trades, "drawdown_pips": report.drawdown_pips}


def _without_skill(benchmarks: Sequence[Benchmark]) -> dict[str, float]:
    """Net of each benchmark, and the share of its draws that did at least as well; MLflow takes no comma in a name."""
    names = [each.name.replace(",", "") for each in benchmarks]
    nets = {f"without_skill/{name}": each.net_pips for name, each in zip(names, benchmarks, strict=True)}
    shares = {f"as_well/{name}": each.at_least_as_well for name, each in zip(names, benchmarks, strict=True)}
    return nets | shares


def _figures(report: WalkForwardReport) -> dict[str, float | None]:
    return {
        "net_pips": report.net_pips,
        "net_pips_double_slippage": report.net_pips_double_slippage,
        "drawdown_pips": report.drawdown_pips,
        "trades": report.trades,
        "trades_a_day": report.trades_a_day,
        "cost_share": report.cost_share,
        "break_even_cost": report.cost_surface.break_even_multiple,
        "net_money": report.money.net,
        "exposure": report.exposure,
        **report.figures.model_dump(),
        "deflated_sharpe": report.deflated_sharpe,
        "pbo": report.pbo,
    }


def _table(gates: GateReport) -> dict[str, list[Any]]:
    """By column, as MLflow takes a table."""
    rows = [row.model_dump() for row in gates.rows]
    return {column: [row[column] for row in rows] for column in rows[0]}
