"""`dataset/training`: the frozen look-back of an as-of day."""

from datetime import date

import dagster as dg
from pydantic import ConfigDict

from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.rounding import rounded
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.checks import CheckOfDay
from ticklake_assets.defs.gold.assets import KEYS
from ticklake_assets.defs.partitions import LOOKBACK_DAYS, ONE_A_RUN, SYMBOL_DAY, as_of, days_before
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.storage.datasets.check_results import CheckResult
from ticklake_assets.storage.datasets.freeze import DatasetRequest, freeze
from ticklake_assets.storage.datasets.sources import day_sources

DATASET_TRAINING = dg.AssetKey(["dataset", "training"])
SQL_CHECKS = "sql_checks_pass"


class DatasetConfig(dg.Config):
    """Windows in calendar days; what is left out is the instrument's default."""

    model_config = ConfigDict(use_attribute_docstrings=True)  # forms show them

    train_days: int | None = None
    """Calendar days to train on; without: the instrument's."""
    validate_days: int | None = None
    """Days behind them, on which thresholds are chosen; without: the instrument's."""
    test_days: int | None = None
    """The last days before the as-of day, which nothing sees until the test; without: the instrument's."""
    first_train_day: str | None = None
    """ISO; instead of `train_days`: train on all days since, as an anchored walk-forward does."""

    @property
    def anchor(self) -> date | None:
        return date.fromisoformat(self.first_train_day) if self.first_train_day else None

    def windows(self, day: SymbolDay) -> Windows:
        default = instrument_of(day.symbol).windows
        windows = Windows(
            self.train_days or default.train_days,
            self.validate_days or default.validate_days,
            self.test_days or default.test_days,
        )
        return windows.anchored_at(self.anchor, day.trading_day) if self.anchor else windows


@dg.asset(
    key=DATASET_TRAINING,
    deps=[dg.AssetDep(key, partition_mapping=days_before(LOOKBACK_DAYS)) for key in KEYS.values()],
    check_specs=[
        dg.AssetCheckSpec(
            SQL_CHECKS,
            asset=DATASET_TRAINING,
            description="Every SQL check of the frozen dataset passed, before it was published.",
            partitions_def=SYMBOL_DAY,
        )
    ],
    partitions_def=SYMBOL_DAY,
    backfill_policy=ONE_A_RUN,
    group_name="dataset",
    kinds={"sql", "dvc"},
    owners=["team:research"],
    code_version=KERNEL_VERSION,
)
def dataset_training(
    context: dg.AssetExecutionContext, config: DatasetConfig, lake: Lake, gold: Gold, datasets: Datasets
) -> dg.MaterializeResult:
    """Gold features and labels of an as-of day's look-back, frozen: train, validation and test days.

    Checked by SQL on the configured engine before it is published, pinned to Iceberg snapshots by tags, versioned by
    DVC: one commit and tag a version. The same content again is the same version.
    """
    day = as_of(context)
    window = sorted(SymbolDay.parse(key) for key in context.asset_partition_keys_for_input("gold_features"))
    request = DatasetRequest(
        symbol=day.symbol,
        as_of=day.trading_day,
        windows=config.windows(day),
        days=[past.trading_day for past in window],
        sources=day_sources(lake.store, lake.clean, window),
    )
    with datasets.engine(gold.tables) as engine:
        frozen = freeze(gold.tables, engine, datasets.registry, request)
    manifest = frozen.manifest
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(manifest.rows(part) for part in ("train", "validate", "test")),
            "version": frozen.version.tag,
            "digest": manifest.digest,
            "snapshots": {table: str(snapshot) for table, snapshot in manifest.snapshots.items()},
            "open_train_days": len(manifest.open_days("train")),
            "checks": dg.MetadataValue.table([_record(check) for check in frozen.checks]),
        },
        check_results=[
            CheckOfDay(
                passed=True,
                check_name=SQL_CHECKS,
                description=f"{day.symbol} as of {day.trading_day}: met by {frozen.version.tag}",
                metadata={
                    "symbol": day.symbol,
                    "as_of": str(day.trading_day),
                    "checks": len(frozen.checks),
                },
            )
        ],
    )


def _record(check: CheckResult) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "check": check.name,
            "value": rounded(check.value),
            "expected": check.expectation,
            "passed": check.passed,
            "says": check.doc,
        }
    )
