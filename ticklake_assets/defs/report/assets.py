"""`report/walk_forward`: the chain of tested folds and the gates."""

import dagster as dg

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.dataset.assets import DatasetConfig
from ticklake_assets.defs.metadata import gates_table, rounded, sentences
from ticklake_assets.defs.model.assets import TESTED
from ticklake_assets.defs.model.handover import trial_details
from ticklake_assets.defs.model.plots import equity_plot
from ticklake_assets.defs.partitions import ONE_A_RUN, SYMBOL_DAY, WALK_FORWARD_DAYS, as_of, days_before
from ticklake_assets.defs.report.tracked import log_report
from ticklake_assets.modeling.bundle import open_bundle
from ticklake_assets.modeling.document import read_document
from ticklake_assets.modeling.gates import GateReport
from ticklake_assets.modeling.latency import decision_ms
from ticklake_assets.modeling.parity import compare, replay_day
from ticklake_assets.modeling.report.page import report_html, report_json
from ticklake_assets.modeling.testing import BundleTest
from ticklake_assets.modeling.walk_forward import FoldRecord, chain_digest, expect_folds, judge, tested_days
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.resources.tracking import Tracking
from ticklake_assets.storage.bundles import dataset_of, get_bundle
from ticklake_assets.storage.gold_rows import day_features
from ticklake_assets.storage.model_files import ModelFiles, SymbolBundle
from ticklake_assets.storage.tick_rows import in_time_order
from ticklake_assets.storage.trial_ledger import TrialLedger

WALK_FORWARD = dg.AssetKey(["report", "walk_forward"])
GATES_PASSED = "every_gate_passed"


class WalkForwardConfig(DatasetConfig):
    """Which folds are chained: `folds` of them, or as many as lie without a gap behind the as-of day.

    A number may reach further back than the graph shows. Where `test_days` is given, each fold must have the windows
    of this configuration: what a walk-forward asked for may have been made anew in others since.
    """

    folds: int | None = None


@dg.asset(
    key=WALK_FORWARD,
    deps=[dg.AssetDep(TESTED, partition_mapping=days_before(WALK_FORWARD_DAYS, through_as_of=True))],
    check_specs=[
        dg.AssetCheckSpec(
            GATES_PASSED,
            asset=WALK_FORWARD,
            description="Every gate that counts passed: the model may trade.",
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

    In a partition's metadata `equity` plots equity and drawdown, opened by `[Show Markdown]`; `report` is the path of
    the HTML file, for the browser's address bar; `numbers` is that of the same as JSON.
    """
    day, files = as_of(context), ModelFiles(lake.store)
    folds = _folds(files, day, config)
    report = judge(
        folds,
        _openings(lake, day, folds, context.run.run_id),
        _parity(lake, gold, day.symbol, folds[-1]),
        _decision_ms(lake, gold, signing, folds[-1].test),
    )
    TrialLedger(lake.store).record_result(
        day.symbol,
        chain_digest(folds),
        {"verdict": report.gates.verdict, "net_pips": report.net_pips, "trades": report.trades},
    )
    page, figures, gates = report_html(report), report_json(report), report.gates
    html = files.put("report", day, page.encode(), ".html")
    numbers = files.put("report", day, figures, ".json")
    files.put("walk_forward", day, report.canonical())
    files.put("judged", SymbolBundle(day.symbol, folds[-1].test.bundle), report.canonical())
    datasets = [dataset_of(lake.store, day.symbol, fold.test.bundle) for fold in folds]
    with tracking.walk_forward(day, datasets) as run:
        log_report(run, report, page, figures.decode())
        tracking.record_verdict(day.symbol, folds[-1].test.bundle, gates.verdict)
        mlflow_run = tracking.run_id
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": report.trades,
            "verdict": gates.verdict,
            "reasons": sentences(gates.reasons),
            "gates": gates_table(gates.rows),
            "folds": len(report.folds),
            "mlflow_run": mlflow_run,
            "net_pips": rounded(report.net_pips),
            "drawdown_pips": rounded(report.drawdown_pips),
            "deflated_sharpe": rounded(report.deflated_sharpe),
            "equity": equity_plot(report.folds),
            "report": dg.MetadataValue.path(html),
            "numbers": dg.MetadataValue.path(numbers),
        },
        check_results=[_gate_check(gates)],
    )


def _folds(files: ModelFiles, day: SymbolDay, config: WalkForwardConfig) -> list[FoldRecord]:
    """The tested folds that end at the as-of day, oldest first; missing ones are named."""
    own = read_document(FoldRecord, files.get("tested", day), f"test of {day}")
    is_asked = config.test_days is not None
    windows = config.windows(day) if is_asked else own.windows.plain()
    stride = windows.test_days
    present = files.as_of_days("tested", day.symbol)
    count = config.folds
    if count is None:
        count = 1
        while day.shifted(-stride * count).trading_day in present and stride * count < WALK_FORWARD_DAYS:
            count += 1
    wanted = expect_folds(day.symbol, day.trading_day, windows, count, present, config.anchor)
    keys = [SymbolDay(day.symbol, when) for when in wanted]
    folds = [read_document(FoldRecord, files.get("tested", key), f"test of {key}") for key in keys]
    if is_asked:
        for key, fold in zip(keys, folds, strict=True):
            _expect_windows(key, fold, config)
    return folds


def _expect_windows(as_of: SymbolDay, fold: FoldRecord, config: WalkForwardConfig) -> None:
    asked, found = config.windows(as_of), fold.windows.plain()
    if found != asked:
        raise DataError(
            f"The fold of {as_of} has other windows than were asked for. Expected train, validate and test days "
            f"{_lengths(asked)}, was {_lengths(found)}: it was made anew since; ask for the walk again"
        )


def _lengths(windows: Windows) -> str:
    return f"{windows.train_days}/{windows.validate_days}/{windows.test_days}"


def _openings(lake: Lake, as_of: SymbolDay, folds: list[FoldRecord], run_id: str) -> int:
    """Note that this chain is judged, and count N_open of its test days."""
    ledger, symbol = TrialLedger(lake.store), as_of.symbol
    days = tested_days(folds)
    about = trial_details(run_id, as_of.trading_day, f"folds to {folds[-1].as_of}, {len(folds)} of them")
    ledger.record_chain(symbol, [day for fold in days for day in fold], chain_digest(folds), about)
    return ledger.looks(symbol, days)


def _parity(lake: Lake, gold: Gold, symbol: str, fold: FoldRecord) -> float | None:
    """Replay the last open test day tick by tick as the endpoint would, and compare with gold bit for bit."""
    opened = [day.day for day in fold.test.days if day.is_open]
    if not opened:
        return None
    tested = SymbolDay(symbol, opened[-1])
    held = day_features(gold.tables.scan("features", tested.symbol, [tested.trading_day]))
    live = replay_day(tested, in_time_order(lake.parquet.read(tested)))
    return compare(live, held.ts_us, held.features).share


def _decision_ms(lake: Lake, gold: Gold, signing: Signing, test: BundleTest) -> float | None:
    """Time the tested file on the events of its last day with some, on this machine."""
    days = [day.day for day in test.days if day.events > 1]
    if not days:
        return None
    bundle = open_bundle(get_bundle(lake.store, test.symbol, test.bundle), signing.public)
    return decision_ms(bundle, day_features(gold.tables.scan("features", test.symbol, days[-1:])))


def _gate_check(gates: GateReport) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=gates.verdict == "passed",
        check_name=GATES_PASSED,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"verdict": gates.verdict, "reasons": sentences(gates.reasons)},
    )
