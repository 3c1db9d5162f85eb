"""`raw/ticks`: the object in the lake, sealed."""

from collections.abc import Iterator
from contextlib import suppress

import dagster as dg

from ticklake_assets.core.errors import ImmutabilityError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.landing.assets import LANDING_TICKS
from ticklake_assets.defs.partitions import MONTH_A_RUN, SYMBOL_DAY, days_of_run
from ticklake_assets.defs.publishing import DayLedger, Event
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.replication import Replication
from ticklake_assets.storage.raw.sealed_bytes import read_sealed
from ticklake_assets.storage.raw.seals import Seal, current_seal, seal_day

RAW_TICKS = dg.AssetKey(["raw", "ticks"])


@dg.asset(
    key=RAW_TICKS,
    deps=[LANDING_TICKS],
    partitions_def=SYMBOL_DAY,
    backfill_policy=MONTH_A_RUN,
    group_name="raw",
    kinds={"s3", "csv"},
    owners=["team:data"],
    code_version="1",
)
def raw_ticks(context: dg.AssetExecutionContext, lake: Lake, replication: Replication) -> Iterator[Event]:
    """The landing CSV in the object store, byte for byte, sealed and never rewritten.

    Replication moves what is still in landing; the highest revision of the day is hashed, counted and sealed with
    its etag. An object whose bytes changed after sealing is copied to quarantine and raises an alarm.
    """
    ledger = DayLedger(context, lake.store, "raw")
    for day in days_of_run(context):
        with ledger.attempt(day):
            _deliver(lake, replication, day)
            ledger.publish(day, _metadata(lake, seal_day(lake.store, day)))
    yield from ledger.close()


def _deliver(lake: Lake, replication: Replication, day: SymbolDay) -> None:
    """Bring what landing holds; where the store holds other bytes, they were changed after they were sealed."""
    try:
        replication.deliver(day)
    except ImmutabilityError:
        with suppress(MissingDataError):  # never sealed: landing's word against the store's
            read_sealed(
                lake.store, current_seal(lake.store, day)
            )  # keeps the changed bytes, says what was sealed
        raise


def _metadata(lake: Lake, seal: Seal) -> dict[str, object]:
    return {
        "dagster/partition_row_count": seal.rows,
        "uri": lake.store.uri(seal.key),
        "sha256": seal.sha256,
        "etag": seal.etag,
        "revision": seal.revision,
        "bytes": seal.size,
        "first_tick_us": seal.first_us,
        "last_tick_us": seal.last_us,
    }
