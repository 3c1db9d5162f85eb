"""What a partition of a model stage shows in Dagster's UI."""

from typing import Any

from ticklake_assets.core.rounding import rounded
from ticklake_assets.defs.metadata import abstaining_metadata, benchmarks_metadata, gates_metadata
from ticklake_assets.defs.model.plots import calibration_plot, equity_plot
from ticklake_assets.lifecycle.fold_stages import FoldTest, FoldTraining, FoldValidation
from ticklake_assets.modeling.judging.risked import RiskedTest
from ticklake_assets.storage.models.versions import model_name

_MOST_FEATURES = 8


def trained_metadata(made: FoldTraining) -> dict[str, Any]:
    report = made.report
    return {
        "dagster/row_count": report.events,
        "dataset": made.dataset.manifest.digest,
        "dataset_version": made.dataset.version,
        "mlflow_run": made.mlflow_run,
        "effective_events": rounded(report.effective),
        "parameters": {name: rounded(value) for name, value in report.parameters.items()},
        "train_loss": rounded(report.train_loss),
        "most_important": {
            name: rounded(share) for name, share in list(report.importance.items())[:_MOST_FEATURES]
        },
        "onnx_difference": rounded(report.onnx_difference),
        "uri": made.uri,
    }


def validated_metadata(made: FoldValidation) -> dict[str, Any]:
    report = made.report
    return {
        "dagster/row_count": report.events,
        "bundle": made.bundle,
        "dataset_version": made.dataset.version,
        "mlflow_model": f"{model_name(made.version.symbol)} version {made.version.number}",
        "mlflow_run": made.mlflow_run,
        "loss": rounded(report.loss),
        "loss_without_skill": rounded(report.base_loss),
        "overfit_gap": rounded(report.overfit_gap),
        "overfit_p_value": rounded(report.overfit.p_value),
        "lost_skill": rounded(report.overfit.lost_skill),
        "skill_spread": rounded(report.skill_spread),
        "abstaining": abstaining_metadata(report.abstaining),
        "calibration_error": rounded(report.calibration_error),
        "act_threshold": rounded(report.chosen.act),
        "selections": report.selections,
        "calibration": calibration_plot(report),
        "uri": made.uri,
    }


def tested_metadata(made: FoldTest) -> dict[str, Any]:
    report = made.record.test
    return {
        "dagster/row_count": report.trades,
        "bundle": report.bundle,
        "dataset_version": made.dataset.version,
        "mlflow_run": made.mlflow_run,
        "net_pips": rounded(report.net_pips),
        "trades": report.trades,
        "drawdown_pips": rounded(report.drawdown_pips),
        "coverage": rounded(report.coverage),
        "abstaining": abstaining_metadata(report.abstaining),
        "gates_of_this_fold": gates_metadata(made.gates),
        "without_skill": benchmarks_metadata(report.benchmarks),
        "openings_left": made.openings_left,
        "equity": equity_plot([made.record]),
        "uri": made.uri,
        **(_risked(report.risk) if report.risk else {}),
    }


def _risked(risk: RiskedTest) -> dict[str, Any]:
    """Under which limits, and what came of it."""
    return {
        "risk_limits": risk.limits,
        "risk_trades": sum(len(day.trades) for day in risk.days),
        "risk_refusals": dict(risk.refusals),
        "risk_net": f"{risk.net} {risk.currency}",
    }
