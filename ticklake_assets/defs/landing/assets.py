"""`landing/ticks`: the vendor's day as one CSV in the landing folder."""

from collections.abc import Iterator

import dagster as dg

from ticklake_assets.core.calendar import is_closed
from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.defs.partitions import MONTH_A_RUN, SYMBOL_DAY, days_of_run
from ticklake_assets.defs.publishing import DayLedger, Event
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.landing import Landing, SourceConfig
from ticklake_assets.resources.replication import Replication

LANDING_TICKS = dg.AssetKey(["landing", "ticks"])


class LandingConfig(dg.Config):
    ticks: SourceConfig | None = None
    """Where the run's ticks come from; None: where the code server's settings say."""


def landing_run_config(ticks: SourceConfig) -> dict[str, object]:
    """Run config that lands ticks of this source, whatever the settings of the code server."""
    op = LANDING_TICKS.to_python_identifier()
    return {"ops": {op: {"config": LandingConfig(ticks=ticks).model_dump()}}}


@dg.asset(
    key=LANDING_TICKS,
    partitions_def=SYMBOL_DAY,
    backfill_policy=MONTH_A_RUN,
    group_name="landing",
    kinds={"python", "csv"},
    owners=["team:data"],
    code_version="1",
)
def landing_ticks(
    context: dg.AssetExecutionContext,
    config: LandingConfig,
    landing: Landing,
    replication: Replication,
    lake: Lake,
) -> Iterator[Event]:
    """The vendor's ticks of a UTC day, as one CSV in the landing folder.

    A row is a quote (`ts_event,bid,ask,bid_size,ask_size`, sizes in millions of base units, an empty field is a
    missing value) in the vendor's order. A closed day is a file with a header and no row. The same ticks give the
    same bytes; other bytes become a revision (`...r2.csv`), never an overwrite.
    """
    ledger, landing = DayLedger(context, lake.store, "landing"), landing.taking(config.ticks)
    for day in days_of_run(context):
        with ledger.attempt(day):
            landed, rows, notes = landing.land(day)
            for note in notes:
                context.log.warning(note)
            ledger.publish(
                day,
                {
                    "dagster/partition_row_count": rows,
                    "path": dg.MetadataValue.path(landed.path),
                    "is_new": landed.is_new,
                    "revision": landed.revision,
                    "odd": notes,
                    "market_closed": is_closed(instrument_of(day.symbol).calendar, day),
                },
            )
    if ledger.failed:  # raw/ticks will not run, but the sensor takes what lies in the store
        for day in ledger.published:
            try:
                replication.deliver(day)
            except TicklakeError as error:  # the next run of raw/ticks meets it again; the other days go on
                context.log.warning(f"{day} is landed and not delivered: {error}")
    yield from ledger.close()
