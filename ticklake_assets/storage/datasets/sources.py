"""What gold's days were made from, counted at the layers below: the other side of gold's balance."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.store import PartitionStore
from ticklake_assets.storage.raw.seals import seal_of
from ticklake_assets.storage.raw.state import made_from


class DaySource(NamedTuple):
    """The raw file behind a day of gold, and what became of its rows."""

    raw_sha256: str
    raw_rows: int
    """By the seal."""
    quarantined: int
    """Rows that cleaning refused, by the clean partition's manifest."""
    kernel_version: str
    """Of the feature kernel that made the day's gold."""
    label_version: str
    """Of the rules and costs behind the day's labels."""


def day_sources(
    store: ObjectStore, clean: PartitionStore, days: Iterable[SymbolDay]
) -> dict[date, DaySource]:
    """The source of each day that gold holds.

    Absent is a day that gold lacks, and one whose correction has reached the clean layer and not gold yet.
    """
    found = {day.trading_day: _source(store, clean, day) for day in days}
    return {day: source for day, source in found.items() if source}


def _source(store: ObjectStore, clean: PartitionStore, day: SymbolDay) -> DaySource | None:
    made = made_from(store, day)
    if not made:
        return None
    manifest = clean.require(day)
    if manifest.made_from.sha256 != made[0].sha256:
        return None
    made_by = made[0].properties
    return DaySource(
        raw_sha256=made[0].sha256,
        raw_rows=seal_of(store, day, made[0].sha256).rows,
        quarantined=sum(manifest.quarantined.values()),
        kernel_version=made_by.get("kernel_version", "unknown"),
        label_version=made_by.get("label_version", "unknown"),
    )
