"""`model/trained`, `model/validated`, `model/tested`: one as-of day a run, each from what the one before left.

All three read one dataset: the latest version as the training starts, whatever is frozen until the test.
"""

from typing import Any

import dagster as dg
from pydantic import ConfigDict

from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets.defs.clean.assets import CLEAN_TICKS
from ticklake_assets.defs.dataset.assets import DATASET_TRAINING
from ticklake_assets.defs.model.metadata import tested_metadata, trained_metadata, validated_metadata
from ticklake_assets.defs.partitions import LOOKBACK_DAYS, ONE_A_RUN, SYMBOL_DAY, as_of, days_before
from ticklake_assets.lifecycle.fold_stages import FoldStages
from ticklake_assets.lifecycle.handover import LakeHandover
from ticklake_assets.lifecycle.risk_plan import RiskChoice
from ticklake_assets.modeling.fitting.tuning import GROUPS, HELD_GROUPS, TRIALS, Budget
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.resources.tracking import Tracking
from ticklake_assets.storage.models.stage_files import ModelFiles

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

    model_config = ConfigDict(use_attribute_docstrings=True)  # forms show them

    seed: int = 1
    """Of all that is drawn: the same seed gives the same model."""
    trials: int = TRIALS
    """Sets of parameters that are tried; each counts in the ledger."""
    groups: int = GROUPS
    """Runs of whole days that cross-validation holds out in turn."""
    held_groups: int = HELD_GROUPS
    """Held out at a time; from 2 on the splits are combinatorial."""

    @property
    def budget(self) -> Budget:
        return Budget(self.trials, self.groups, self.held_groups)


class TestConfig(dg.Config):
    """Whether a test is held against limits of risk, too, and on what account."""

    __test__ = False  # for pytest, which takes a class of this name for its own
    model_config = ConfigDict(use_attribute_docstrings=True)  # forms show them

    limits: str = ""
    """A file of limits, as the bridge reads it; empty: no risk."""
    balance: str = "10000"
    """Of the account before the first test day."""
    currency: str = ""
    """Of the account; empty: the cost profile's."""
    least_lots: str = "0.01"
    """The smallest order."""
    lot_step: str = "0.01"
    """What an order's lots are a multiple of."""
    most_lots: str = "50"
    """The largest order."""

    @property
    def risk(self) -> RiskChoice | None:
        if not self.limits:
            return None
        lots = (self.least_lots, self.lot_step, self.most_lots)
        return RiskChoice(self.limits, self.balance, self.currency, *lots)


@dg.asset(key=TRAINED, deps=[DATASET_TRAINING], kinds={"xgboost", "mlflow"}, **_COMMON)
def model_trained(
    context: dg.AssetExecutionContext,
    config: TrainConfig,
    lake: Lake,
    datasets: Datasets,
    signing: Signing,
    tracking: dg.ResourceParam[Tracking],
) -> dg.MaterializeResult:
    """Anomaly and pattern model of an as-of day, tuned by Optuna inside the train window only.

    XGBoost on triple-barrier outcomes weighted by label uniqueness, converted to ONNX; the anomaly model is a table
    of plain numbers. Every trial is in the ledger and in MLflow.
    """
    stages = _stages(context, lake, datasets, signing, tracking)
    made = stages.train(datasets.load(stages.day), config.seed, config.budget)
    return dg.MaterializeResult(metadata=trained_metadata(made))


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

    `calibration` in a partition's metadata plots stated against observed probabilities.
    """
    made = _stages(context, lake, datasets, signing, tracking).validate()
    return dg.MaterializeResult(metadata=validated_metadata(made))


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
    config: TestConfig,
    lake: Lake,
    datasets: Datasets,
    signing: Signing,
    tracking: dg.ResourceParam[Tracking],
) -> dg.MaterializeResult:
    """Tick-by-tick simulation of the last days before the as-of day, by the bundle's own decisions.

    Bid and ask fills, latency, slippage, commission, swap; nothing is chosen here. Each opening of the test days is
    counted in the trial ledger beforehand, and refused where they are spent.

    `equity` in a partition's metadata plots equity and drawdown. With `limits` in the run's configuration the bridge's
    rules of risk trade the same days on an account, beside the test.
    """
    made = _stages(context, lake, datasets, signing, tracking).test(config.risk)
    return dg.MaterializeResult(metadata=tested_metadata(made))


def _stages(
    context: dg.AssetExecutionContext, lake: Lake, datasets: Datasets, signing: Signing, tracking: Tracking
) -> FoldStages:
    day = as_of(context)
    handover = LakeHandover(ModelFiles(lake.store), day)
    return FoldStages(day, context.run.run_id, lake, signing, tracking, handover, datasets.load_version)
