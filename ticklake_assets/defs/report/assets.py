"""`report/walk_forward`: the chain of tested folds and the gates."""

from typing import Any

import dagster as dg

from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets.core.rounding import rounded
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.checks import CheckOfDay
from ticklake_assets.defs.dataset.assets import DatasetConfig
from ticklake_assets.defs.metadata import gates_metadata, sentences
from ticklake_assets.defs.model.assets import TESTED
from ticklake_assets.defs.model.plots import equity_plot
from ticklake_assets.defs.partitions import ONE_A_RUN, SYMBOL_DAY, WALK_FORWARD_DAYS, as_of, days_before
from ticklake_assets.lifecycle.chain import chain_to
from ticklake_assets.lifecycle.judgement import Judged, Judgement
from ticklake_assets.modeling.deployed.card import card_markdown
from ticklake_assets.modeling.deployed.gates import GateReport
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.resources.tracking import Tracking
from ticklake_assets.storage.models.stage_files import ModelFiles

WALK_FORWARD = dg.AssetKey(["report", "walk_forward"])
GATES_PASSED = "every_gate_passed"


class WalkForwardConfig(DatasetConfig):
    """Which folds are chained: `folds` of them, or as many as lie without a gap behind the as-of day.

    A number may reach further back than the graph shows. Where `test_days` is given, each fold must have the windows
    of this configuration: what a walk-forward asked for may have been made anew in others since.
    """

    folds: int | None = None
    """So many, the last of them as of this day; without: all that follow each other without a gap."""


@dg.asset(
    key=WALK_FORWARD,
    deps=[dg.AssetDep(TESTED, partition_mapping=days_before(WALK_FORWARD_DAYS, through_as_of=True))],
    check_specs=[
        dg.AssetCheckSpec(
            GATES_PASSED,
            asset=WALK_FORWARD,
            description="Every gate that counts passed: the model may trade.",
            partitions_def=SYMBOL_DAY,
        )
    ],
    partitions_def=SYMBOL_DAY,
    backfill_policy=ONE_A_RUN,
    group_name="report",
    kinds={"python", "html", "mlflow"},
    owners=["team:research"],
    code_version=KERNEL_VERSION,
)
def walk_forward(
    context: dg.AssetExecutionContext,
    config: WalkForwardConfig,
    lake: Lake,
    gold: Gold,
    signing: Signing,
    tracking: dg.ResourceParam[Tracking],
) -> dg.MaterializeResult:
    """Rolling retraining as it would have happened: pooled test trades, gates, verdict, HTML report.

    The verdict is `passed`, `rejected` or `insufficient_evidence`; only the first may trade.

    In a partition's metadata `equity` plots equity and drawdown; `report` is the path of the HTML file, which
    `ticklake report open` shows; `numbers` is that of the same as JSON. `model_card` says what
    the model is for, at which costs, with which verdict, and who may use it.
    """
    asked = config.windows(as_of(context)) if config.test_days is not None else None
    files, key = ModelFiles(lake.store), signing.public
    folds = chain_to(files, as_of(context), config.folds, asked, config.anchor, WALK_FORWARD_DAYS, key)
    judged = Judgement(lake, gold, signing, tracking).of(folds, context.run.run_id)
    return dg.MaterializeResult(
        metadata=_metadata(judged), check_results=[_gate_check(as_of(context), judged.report.gates)]
    )


def _metadata(judged: Judged) -> dict[str, Any]:
    report, gates = judged.report, judged.report.gates
    return {
        "dagster/row_count": report.trades,
        "verdict": gates.verdict,
        "in_words": gates.headline,
        "reasons": sentences(gates.reasons),
        "gates": gates_metadata(gates.rows),
        "folds": len(report.folds),
        "mlflow_run": judged.mlflow_run,
        "net_pips": rounded(report.net_pips),
        "drawdown_pips": rounded(report.drawdown_pips),
        **{name: rounded(told) for name, told in report.figures.model_dump().items() if told is not None},
        "deflated_sharpe": rounded(report.deflated_sharpe),
        "equity": equity_plot(report.folds),
        "report": dg.MetadataValue.path(judged.html),
        "numbers": dg.MetadataValue.path(judged.numbers),
        "model_card": dg.MetadataValue.md(card_markdown(report.folds[-1].test.manifest, gates)),
    }


def _gate_check(day: SymbolDay, gates: GateReport) -> CheckOfDay:
    """It says whose verdict it is: beside a partition the UI shows the last result, whatever symbol that was of."""
    return CheckOfDay(
        passed=gates.verdict == "passed",
        check_name=GATES_PASSED,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{day.symbol} as of {day.trading_day}: {gates.verdict}",
        metadata={
            "symbol": day.symbol,
            "as_of": str(day.trading_day),
            "verdict": gates.verdict,
            "in_words": gates.headline,
            "reasons": sentences(gates.reasons),
        },
    )
