"""`gold/bars`, `gold/features`, `gold/labels`: one pass over a clean day, one commit a table and run."""

from collections.abc import Iterator
from typing import NamedTuple

import dagster as dg
import pyarrow as pa

from ticklake_assets.core.bars import minute_bars
from ticklake_assets.core.features import KERNEL_VERSION, features_of_day
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.label_table import added_label_columns
from ticklake_assets.core.label_version import LABEL_RULES, label_version
from ticklake_assets.core.labels import label_day
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.checks import Audit, specs
from ticklake_assets.defs.clean.assets import CLEAN_TICKS
from ticklake_assets.defs.gold.checks import BARS_SUITE, FEATURES_SUITE, LABELS_SUITE
from ticklake_assets.defs.partitions import MONTH_A_RUN, SYMBOL_DAY, days_of_run
from ticklake_assets.defs.publishing import DayLedger, Event
from ticklake_assets.resources.expectations import Expectations
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.storage.gold.rows import bar_rows, feature_rows, label_rows
from ticklake_assets.storage.partitions.store import RawSource
from ticklake_assets.storage.partitions.tick_rows import quotes_of
from ticklake_assets.storage.raw.state import forget_made_from, write_made_from

KEYS = {table: dg.AssetKey(["gold", table]) for table in ("bars", "features", "labels")}
SUITES = {"bars": BARS_SUITE, "features": FEATURES_SUITE, "labels": LABELS_SUITE}
_DOCS = {
    "bars": """1-minute bid and ask bars; a minute without a quote has no row.

    Stamped with its close, `bar_end` (UTC): the moment it is known. `tick_count` counts quotes, it is no volume.""",
    "features": """Features at volatility-scaled CUSUM events: what the live kernel would have computed.

    One row an event, keyed by (`symbol`, `trading_day`, `ts_event` UTC); float64, never null, never NaN.""",
    "labels": """Executable triple-barrier labels, keyed like the features.

    What a long and a short order placed at the event would have become on bid and ask, after latency and costs;
    `known_at` is when both are known.""",
}


class GoldDay(NamedTuple):
    """The rows of one symbol-day by table, and the raw content behind the quotes that they were made from."""

    tables: dict[str, pa.Table]
    source: RawSource


@dg.multi_asset(
    name="gold",
    specs=[
        dg.AssetSpec(
            key,
            deps=[CLEAN_TICKS] if table != "labels" else [CLEAN_TICKS, KEYS["features"]],
            description=_DOCS[table],
            group_name="gold",
            kinds={"python", "iceberg"},
            owners=["team:research"],
            code_version=KERNEL_VERSION if table != "labels" else f"{KERNEL_VERSION}, labels {LABEL_RULES}",
        )
        for table, key in KEYS.items()
    ],
    check_specs=[spec for table, key in KEYS.items() for spec in specs(SUITES[table], key)],
    partitions_def=SYMBOL_DAY,
    backfill_policy=MONTH_A_RUN,
)
def gold(
    context: dg.AssetExecutionContext, lake: Lake, gold: Gold, expectations: Expectations
) -> Iterator[Event]:
    """Compute a range of days and replace them in Iceberg: one atomic commit a table."""
    ledger = DayLedger(context, lake.store, "gold")
    audits = {table: Audit(expectations, SUITES[table], key) for table, key in KEYS.items()}
    made: dict[SymbolDay, GoldDay] = {}
    for day in days_of_run(context):
        with ledger.attempt(day):
            computed = compute_day(day, lake)
            for table, rows in computed.tables.items():
                audits[table].require(day, rows.to_pandas())
            made[day] = computed
    _commit(context, lake, gold, ledger, made)
    yield from ledger.close(*audits.values())


def compute_day(day: SymbolDay, lake: Lake) -> GoldDay:
    """Bars, features and labels of one clean day."""
    manifest = lake.clean.require(day)
    quotes = quotes_of(lake.clean.rows_of(manifest.files))
    events = features_of_day(day, quotes)
    instrument = instrument_of(day.symbol)
    labels, added = (
        label_day(day, quotes, events, instrument),
        added_label_columns(day, quotes, events, instrument),
    )
    tables = {
        "bars": bar_rows(day, minute_bars(day, quotes)),
        "features": feature_rows(day, events),
        "labels": label_rows(day, events.ts_us, labels, added),
    }
    return GoldDay(tables, manifest.made_from)


def _commit(
    context: dg.AssetExecutionContext,
    lake: Lake,
    gold: Gold,
    ledger: DayLedger,
    made: dict[SymbolDay, GoldDay],
) -> None:
    """Replace the good days, and say what they were made from: the sensor compares that with the bucket.

    The old record goes first and the new one comes last, so that a crash between leaves "not made", never "done".
    """
    if not made:
        return
    days = list(made)
    for day in days:
        forget_made_from(lake.store, day)
    properties = {"dagster_run_id": context.run.run_id, "kernel_version": KERNEL_VERSION}
    for table, key in KEYS.items():
        rows = pa.concat_tables(computed.tables[table] for computed in made.values())
        snapshot_id = gold.tables.replace(table, days, rows, properties)
        for day, computed in made.items():
            metadata = {
                "dagster/partition_row_count": computed.tables[table].num_rows,
                "dagster/table_name": f"gold.{table}",
                "snapshot_id": str(snapshot_id),
                "raw_sha256": computed.source.sha256,
            }
            ledger.publish(day, metadata, key)
    for day, computed in made.items():
        labels = {"label_version": label_version(instrument_of(day.symbol))}
        write_made_from(lake.store, day, computed.source.sha256, properties | labels)
