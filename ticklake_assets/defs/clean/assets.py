"""`clean/ticks`: Spark applies the rules; a whole range is one job."""

from collections.abc import Iterator
from functools import partial

import dagster as dg

from ticklake_assets.core.errors import ConservationError, DataError
from ticklake_assets.core.quotes import RULES_VERSION
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.checks import Audit, specs
from ticklake_assets.defs.clean.checks import MOST_QUARANTINED, SUITE
from ticklake_assets.defs.clean.plots import quotes_by_hour
from ticklake_assets.defs.parquet.assets import PARQUET_TICKS
from ticklake_assets.defs.partitions import MONTH_A_RUN, SYMBOL_DAY, days_of_run
from ticklake_assets.defs.publishing import DayLedger, Event
from ticklake_assets.resources.expectations import Expectations
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.spark import Spark
from ticklake_assets.spark.tasks import on_workers
from ticklake_assets.storage.partitions.day_cleaning import LakePlace, clean_day
from ticklake_assets.storage.partitions.generations import (
    CleanedDay,
    collect_generation,
    discard,
    work_of,
)
from ticklake_assets.storage.partitions.store import PartitionManifest

CLEAN_TICKS = dg.AssetKey(["clean", "ticks"])


@dg.asset(
    key=CLEAN_TICKS,
    deps=[PARQUET_TICKS],
    check_specs=specs(SUITE, CLEAN_TICKS),
    partitions_def=SYMBOL_DAY,
    backfill_policy=MONTH_A_RUN,
    group_name="clean",
    kinds={"spark", "parquet"},
    owners=["team:data"],
    code_version=RULES_VERSION,
)
def clean_ticks(
    context: dg.AssetExecutionContext, lake: Lake, spark: Spark, expectations: Expectations
) -> Iterator[Event]:
    """Quotes that passed every rule, sorted by (`ts_event`, `source_row`); what did not is quarantined whole.

    Times are UTC microseconds, prices in units of the quote currency, sizes in millions (0 where not delivered,
    with a flag). Rules look backwards only, so that the endpoint applies the same ones tick by tick.

    `by_hour` in a partition's metadata plots ticks and spread.
    """
    ledger = DayLedger(context, lake.store, "clean")
    audit = Audit(expectations, SUITE, CLEAN_TICKS)
    sources: dict[SymbolDay, PartitionManifest] = {}
    for day in days_of_run(context):
        with ledger.attempt(day):
            sources[day] = lake.parquet.require(day)
    generation = _run_spark(context, lake, spark, sources)
    for day, cleaned in generation.items():
        with ledger.attempt(day):
            _require_conserved(sources[day], cleaned)
            manifest = cleaned.manifest(sources[day].made_from, context.run.run_id)
            rows = lake.clean.rows_of(manifest.files)
            audit.require(day, rows.to_pandas())
            lake.clean.publish(day, manifest)
            ledger.publish(day, _metadata(manifest) | {"by_hour": quotes_by_hour(day, rows)})
    discard(lake.store, context.run.run_id, list(ledger.failed))
    yield from ledger.close(audit)


def _run_spark(
    context: dg.AssetExecutionContext, lake: Lake, spark: Spark, sources: dict[SymbolDay, PartitionManifest]
) -> dict[SymbolDay, CleanedDay]:
    """Clean all days in one job, a task a day; the result is counted on the files, not on what Spark says."""
    place = LakePlace(lake.url, lake.endpoint, lake.region)
    filled = {day: manifest for day, manifest in sources.items() if manifest.rows}
    if filled:
        with spark.session() as session:
            works = [work_of(context.run.run_id, day, manifest) for day, manifest in filled.items()]
            on_workers(session, partial(clean_day, place), works)
    return collect_generation(lake.store, context.run.run_id, sources)


def _require_conserved(source: PartitionManifest, cleaned: CleanedDay) -> None:
    quarantined = sum(cleaned.quarantined.values())
    if source.rows != cleaned.rows + quarantined:
        kept = f"{cleaned.rows} kept and {quarantined} quarantined"
        raise ConservationError(f"Expected {source.rows} rows out of clean, was {kept}")
    if quarantined > MOST_QUARANTINED * source.rows:
        raise DataError(
            f"Expected at most {MOST_QUARANTINED:.0%} of rows in quarantine, was {quarantined} of "
            f"{source.rows}: {cleaned.quarantined}"
        )


def _metadata(manifest: PartitionManifest) -> dict[str, object]:
    return {
        "dagster/partition_row_count": manifest.rows,
        "quarantined": dict(manifest.quarantined),
        "quarantined_rows": sum(manifest.quarantined.values()),
        "raw_sha256": manifest.made_from.sha256,
        "content": manifest.digest,
    }
