"""`model/trained`, `model/validated`, `model/tested`: one as-of day a run, each from what the one before left.

All three read one dataset: the latest version as the training starts, whatever is frozen until the test.
"""

from typing import Any

import dagster as dg

from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets.core.instruments import instrument
from ticklake_assets.defs.clean.assets import CLEAN_TICKS
from ticklake_assets.defs.dataset.assets import DATASET_TRAINING
from ticklake_assets.defs.metadata import abstaining_table, gates_table, rounded
from ticklake_assets.defs.model.handover import (
    open_events,
    pack_trained,
    quotes_by_day,
    search_digest,
    trial_details,
    unpack_trained,
)
from ticklake_assets.defs.model.plots import calibration_plot, equity_plot
from ticklake_assets.defs.partitions import LOOKBACK_DAYS, ONE_A_RUN, SYMBOL_DAY, as_of, days_before
from ticklake_assets.modeling.archive import read_archive, write_archive
from ticklake_assets.modeling.bundle import open_bundle
from ticklake_assets.modeling.document import read_document
from ticklake_assets.modeling.gates import figures_of
from ticklake_assets.modeling.packing import pack
from ticklake_assets.modeling.testing import run_test
from ticklake_assets.modeling.training import train
from ticklake_assets.modeling.tuning import GROUPS, HELD_GROUPS, TRIALS, Budget
from ticklake_assets.modeling.validation import ValidationReport, validate
from ticklake_assets.modeling.walk_forward import FoldRecord, own_gates
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.resources.tracking import Tracking
from ticklake_assets.storage.bundles import get_bundle, put_bundle
from ticklake_assets.storage.model_files import ModelFiles
from ticklake_assets.storage.model_registry import model_name
from ticklake_assets.storage.trial_ledger import TrialLedger

TRAINED, VALIDATED, TESTED = (dg.AssetKey(["model", stage]) for stage in ("trained", "validated", "tested"))
_COMMON: dict[str, Any] = {
    "partitions_def": SYMBOL_DAY,
    "backfill_policy": ONE_A_RUN,
    "group_name": "model",
    "owners": ["team:research"],
    "code_version": KERNEL_VERSION,
}


class TrainConfig(dg.Config):
    """What a training may be asked for."""

    seed: int = 1
    trials: int = TRIALS
    groups: int = GROUPS
    """Runs of whole days that cross-validation holds out in turn."""
    held_groups: int = HELD_GROUPS
    """Held out at a time; from 2 on the splits are combinatorial."""


@dg.asset(key=TRAINED, deps=[DATASET_TRAINING], kinds={"xgboost", "mlflow"}, **_COMMON)
def model_trained(
    context: dg.AssetExecutionContext,
    config: TrainConfig,
    lake: Lake,
    datasets: Datasets,
    tracking: dg.ResourceParam[Tracking],
) -> dg.MaterializeResult:
    """Anomaly and pattern model of an as-of day, tuned by Optuna inside the train window only.

    XGBoost on triple-barrier outcomes weighted by label uniqueness, converted to ONNX; the anomaly model is a table
    of plain numbers. Every trial is in the ledger and in MLflow.
    """
    day = as_of(context)
    dataset = datasets.load(day)
    budget = Budget(config.trials, config.groups, config.held_groups)
    trained = train(open_events(dataset, "train"), config.seed, budget)
    report = trained.report
    TrialLedger(lake.store).record_fits(
        day.symbol,
        day.trading_day,
        search_digest(trained),
        report.budget.fits,
        trial_details(
            context.run.run_id,
            day.trading_day,
            dataset.version,
            parameters={**report.parameters, **report.budget.model_dump(), "seed": config.seed},
            result={"train_loss": report.train_loss, "trials": [each.model_dump() for each in report.trials]},
        ),
    )
    uri = ModelFiles(lake.store).put("trained", day, pack_trained(trained, dataset.identity()))
    with tracking.stage("trained", day, dataset, "train") as run:
        run.log_params({**report.parameters, "seed": config.seed, "trials": config.trials})
        run.log_metrics({"train_loss": report.train_loss, "events": report.events})
        for trial in report.trials:
            run.log_metrics({"trial_loss": trial.loss, "trial_skill": trial.skill}, step=trial.number)
        run.log_text(report.model_dump_json(indent=1), "training.json")
        mlflow_run = tracking.run_id
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": report.events,
            "dataset": dataset.manifest.digest,
            "dataset_version": dataset.version,
            "mlflow_run": mlflow_run,
            "effective_events": rounded(report.effective),
            "parameters": {name: rounded(value) for name, value in report.parameters.items()},
            "train_loss": rounded(report.train_loss),
            "most_important": {name: rounded(share) for name, share in list(report.importance.items())[:8]},
            "onnx_difference": rounded(report.onnx_difference),
            "uri": uri,
        }
    )


@dg.asset(
    key=VALIDATED,
    deps=[TRAINED, DATASET_TRAINING, dg.AssetDep(CLEAN_TICKS, partition_mapping=days_before(LOOKBACK_DAYS))],
    kinds={"onnx", "mlflow"},
    **_COMMON,
)
def model_validated(
    context: dg.AssetExecutionContext,
    lake: Lake,
    datasets: Datasets,
    signing: Signing,
    tracking: dg.ResourceParam[Tracking],
) -> dg.MaterializeResult:
    """Calibration and thresholds from unseen days, and the signed bundle: from here on its bytes are fixed.

    `calibration` in a partition's metadata plots stated against observed probabilities: open it by `[Show Markdown]`.
    """
    day = as_of(context)
    files, known = ModelFiles(lake.store), instrument(day.symbol)
    trained, identity = unpack_trained(files.get("trained", day))
    dataset = datasets.load_version(identity)
    ledger, search = TrialLedger(lake.store), search_digest(trained)
    earlier = ledger.selections(day.symbol, day.trading_day, besides=search)
    report = validate(trained, open_events(dataset, "validate"), quotes_by_day(lake, dataset), known, earlier)
    bundle = pack(trained, report, dataset.manifest.fold, known, dataset.identity(), signing.private)
    opened = open_bundle(bundle, signing.public)
    digest = opened.digest
    key = put_bundle(lake.store, day.symbol, digest, bundle)
    files.put("validated", day, write_archive({"digest": digest.encode(), "report.json": report.canonical()}))
    ledger.record_selection(
        day.symbol,
        day.trading_day,
        search,
        report.selections,
        trial_details(
            context.run.run_id,
            day.trading_day,
            dataset.version,
            parameters={"bundle": digest, "quantiles": [each.quantile for each in report.candidates]},
            result={"loss": report.loss, "act": report.chosen.act, "net_pips": report.chosen.net_pips},
        ),
    )
    with tracking.stage("validated", day, dataset, "validate") as run:
        run.log_params({"act_threshold": report.chosen.act, "bundle": digest})
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
        version, mlflow_run = tracking.register(opened, bundle, dataset), tracking.run_id
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": report.events,
            "bundle": digest,
            "dataset_version": dataset.version,
            "mlflow_model": f"{model_name(day.symbol)} version {version.number}",
            "mlflow_run": mlflow_run,
            "loss": rounded(report.loss),
            "loss_without_skill": rounded(report.base_loss),
            "overfit_gap": rounded(report.overfit_gap),
            "overfit_p_value": rounded(report.overfit.p_value),
            "lost_skill": rounded(report.overfit.lost_skill),
            "skill_spread": rounded(report.skill_spread),
            "abstaining": abstaining_table(report.abstaining),
            "calibration_error": rounded(report.calibration_error),
            "act_threshold": rounded(report.chosen.act),
            "selections": report.selections,
            "calibration": calibration_plot(report),
            "uri": lake.store.uri(key),
        }
    )


@dg.asset(
    key=TESTED,
    deps=[
        VALIDATED,
        TRAINED,
        DATASET_TRAINING,
        dg.AssetDep(CLEAN_TICKS, partition_mapping=days_before(LOOKBACK_DAYS)),
    ],
    kinds={"numba", "mlflow"},
    **_COMMON,
)
def model_tested(
    context: dg.AssetExecutionContext,
    lake: Lake,
    datasets: Datasets,
    signing: Signing,
    tracking: dg.ResourceParam[Tracking],
) -> dg.MaterializeResult:
    """Tick-by-tick simulation of the last days before the as-of day, by the bundle's own decisions.

    Bid and ask fills, latency, slippage, commission, swap; nothing is chosen here. Each opening of the test days is
    counted in the trial ledger beforehand, and refused where they are spent.

    `equity` in a partition's metadata plots equity and drawdown: open it by `[Show Markdown]`.
    """
    day = as_of(context)
    files = ModelFiles(lake.store)
    validated = read_archive(files.get("validated", day), {"digest", "report.json"}, "validated model")
    trained, _ = unpack_trained(files.get("trained", day))
    bundle = open_bundle(get_bundle(lake.store, day.symbol, validated["digest"].decode()), signing.public)
    dataset = datasets.load_version(bundle.manifest.dataset)
    ledger = TrialLedger(lake.store)
    fold = dataset.manifest.fold
    about = trial_details(
        context.run.run_id, day.trading_day, dataset.version, parameters=bundle.manifest.parameters
    )
    ledger.record_opening(day.symbol, fold.test, bundle.digest, about)
    report = run_test(bundle, dataset.parts["test"], quotes_by_day(lake, dataset), trained.booster_json)
    figures = {"net_pips": report.net_pips, "trades": report.trades, "drawdown_pips": report.drawdown_pips}
    ledger.record_result(day.symbol, bundle.digest, figures)
    record = FoldRecord(
        as_of=day.trading_day,
        windows=bundle.manifest.windows,
        training=trained.report,
        validation=read_document(ValidationReport, validated["report.json"], "validation report"),
        test=report,
    )
    uri, gates = files.put("tested", day, record.canonical()), own_gates(record)
    with tracking.stage("tested", day, dataset, "test") as run:
        run.log_params({"bundle": bundle.digest})
        run.log_metrics({**figures, **figures_of(gates)})
        run.log_text(report.model_dump_json(indent=1), "test.json")
        mlflow_run = tracking.run_id
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": report.trades,
            "bundle": bundle.digest,
            "dataset_version": dataset.version,
            "mlflow_run": mlflow_run,
            "net_pips": rounded(report.net_pips),
            "trades": report.trades,
            "drawdown_pips": rounded(report.drawdown_pips),
            "coverage": rounded(report.coverage),
            "abstaining": abstaining_table(report.abstaining),
            "gates_of_this_fold": gates_table(gates),
            "openings_left": ledger.left(day.symbol, fold.test),
            "equity": equity_plot([record]),
            "uri": uri,
        }
    )
