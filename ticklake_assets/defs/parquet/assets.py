"""`parquet/ticks`: the raw rows, typed, not one lost."""

from collections.abc import Iterator

import dagster as dg

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.checks import Audit, specs
from ticklake_assets.defs.parquet.checks import IN_SESSION, SUITE, in_numbers
from ticklake_assets.defs.partitions import MONTH_A_RUN, SYMBOL_DAY, days_of_run
from ticklake_assets.defs.publishing import DayLedger, Event
from ticklake_assets.defs.raw.assets import RAW_TICKS
from ticklake_assets.resources.expectations import Expectations
from ticklake_assets.resources.lake import Lake
from ticklake_assets.sources.day_notes import outside_session, times_us
from ticklake_assets.storage.partitions.csv_ingest import ingest
from ticklake_assets.storage.raw.sealed_bytes import reading
from ticklake_assets.storage.raw.seals import current_seal

PARQUET_TICKS = dg.AssetKey(["parquet", "ticks"])


@dg.asset(
    key=PARQUET_TICKS,
    deps=[RAW_TICKS],
    check_specs=specs(SUITE, PARQUET_TICKS, [IN_SESSION]),
    partitions_def=SYMBOL_DAY,
    backfill_policy=MONTH_A_RUN,
    group_name="parquet",
    kinds={"python", "parquet"},
    owners=["team:data"],
    code_version="1",
)
def parquet_ticks(
    context: dg.AssetExecutionContext, lake: Lake, expectations: Expectations
) -> Iterator[Event]:
    """The raw rows typed as zstd Parquet: one row a CSV row, `source_row` kept, not one row lost.

    Times are UTC microseconds, prices in units of the quote currency, sizes in millions; an empty field is null.
    The raw bytes are hashed again on the way in: an object that changed after sealing stops here.
    """
    ledger = DayLedger(context, lake.store, "parquet")
    audit = Audit(expectations, SUITE, PARQUET_TICKS, [IN_SESSION])
    for day in days_of_run(context):
        with ledger.attempt(day):
            ledger.publish(day, _publish(context, lake, audit, day))
    yield from ledger.close(audit)


def _publish(
    context: dg.AssetExecutionContext, lake: Lake, audit: Audit, day: SymbolDay
) -> dict[str, object]:
    seal = current_seal(lake.store, day)
    with reading(lake.store, seal) as sealed:
        ingested = ingest(sealed.data, day, sealed.key, seal.rows)
        audit.require(day, in_numbers(ingested.table, seal.rows))
        odd = outside_session(day, times_us(ingested.table))
        audit.watch(day, IN_SESSION, odd)
        for sentence in odd:
            context.log.warning(sentence)
        manifest = lake.parquet.publish_table(day, ingested, sealed, context.run.run_id)
    return {
        "dagster/partition_row_count": manifest.rows,
        "raw_sha256": seal.sha256,
        "uri": lake.store.uri(manifest.files[0].key),
        "bytes": manifest.files[0].size,
        "rows_of_another_day": ingested.foreign_rows,
    }
