"""A ticklake home of one's own: tiny days, files good and bad, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import dagster as dg
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.schemas import CSV_HEADER
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.settings import Settings
from ticklake_assets.sources.landing_csv import landing_path, latest_revision, publish_day, render_csv
from ticklake_assets.sources.synthetic import Market, synthetic_day
from ticklake_assets.storage.raw.state import RawState, made_from, observe, refusals
from ticklake_assets.storage.replication.embedded import EmbeddedReplicator

MARKET = Market(ticks_a_day=700)
GOLD_BARS = dg.AssetKey(["gold", "bars"])
Spoil = Callable[[SymbolDay, pa.Table], bytes]


def days_from(symbol: str, first: str, count: int) -> list[SymbolDay]:
    start = SymbolDay(symbol, date.fromisoformat(first))
    return [start.shifted(offset) for offset in range(count)]


def ticks_of(day: SymbolDay, seed: int = 1) -> pa.Table:
    return synthetic_day(day, seed, 1.0, MARKET)


def rendered(day: SymbolDay, ticks: pa.Table) -> bytes:
    return render_csv(ticks, instrument_of(day.symbol))


def other_header(day: SymbolDay, ticks: pa.Table) -> bytes:
    """A file that raw refuses."""
    return rendered(day, ticks).replace(CSV_HEADER.encode(), b"time,bid,ask,a,b", 1)


def unparsable_field(day: SymbolDay, ticks: pa.Table) -> bytes:
    """A file that raw seals and parquet refuses: the bid of row 7 is no number."""
    lines = rendered(day, ticks).split(b"\n")
    fields = lines[7].split(b",")
    lines[7] = b",".join([fields[0], b"1.1O5", *fields[2:]])
    return b"\n".join(lines)


def mostly_crossed(day: SymbolDay, ticks: pa.Table) -> bytes:
    """A file that parquet types and clean refuses: a third of its rows has bid above ask."""
    bid, ask = ticks["bid"].to_numpy(), ticks["ask"].to_numpy()
    is_crossed = np.arange(len(bid)) % 3 == 0
    columns = {name: ticks[name] for name in ticks.column_names}
    columns |= {
        "bid": pa.array(np.where(is_crossed, ask, bid)),
        "ask": pa.array(np.where(is_crossed, bid, ask)),
    }
    return rendered(day, pa.table(columns))


def read_in_a_wrong_zone(day: SymbolDay, ticks: pa.Table) -> bytes:
    """A file whose times are three hours late: those of a Friday end after the week has."""
    late = pa.array(ticks["ts_event"].cast(pa.int64()).to_numpy() + 3 * 3_600_000_000)
    times = late.cast(ticks.schema.field("ts_event").type)
    return rendered(day, ticks.set_column(0, "ts_event", times).filter(pc.less(late, day.end_us)))


class Home:
    """The ticklake under one folder: embedded, or on the stack whose environment is set."""

    def __init__(self, folder: Path) -> None:
        self.settings = settings = Settings(home=folder)
        self.lake = Lake.from_settings(settings)
        self.store = self.lake.store

    def land(self, days: Iterable[SymbolDay], seed: int = 1, spoil: Spoil | None = None) -> None:
        """Publish the days in landing and bring them into the lake; other ticks become the next revision."""
        replicator = EmbeddedReplicator(self.settings.landing_dir, self.store)
        for day in days:
            if spoil is None:
                publish_day(self.settings.landing_dir, day, ticks_of(day, seed))
            else:
                revision = latest_revision(self.settings.landing_dir, day) + 1
                path = landing_path(self.settings.landing_dir, day, revision)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(spoil(day, ticks_of(day, seed)))
            replicator.deliver(day)

    def raw_file(self, day: SymbolDay, revision: int = 1) -> Path:
        return Path(self.store.uri(raw_key(day, revision)))

    def state(self) -> RawState:
        return observe(self.store)

    def refused_at(self, day: SymbolDay) -> list[str]:
        return [refusal.layer for refusal in refusals(self.store, day)]

    def gold_source(self, day: SymbolDay) -> str:
        """sha256 of the raw bytes that the day's gold was made from."""
        (source,) = made_from(self.store, day)
        return source.sha256

    def gold(self) -> Gold:
        return Gold.from_settings(self.settings)

    def gold_rows(self, table: str, day: SymbolDay) -> pa.Table:
        gold = self.gold()
        try:
            return gold.tables.scan(table, day.symbol, [day.trading_day])
        finally:
            gold.tables.close()


def materializations(instance: dg.DagsterInstance, asset: dg.AssetKey = GOLD_BARS) -> Counter[str]:
    """How often each partition of an asset was materialized."""
    records = instance.fetch_materializations(asset, limit=5_000).records
    return Counter(record.partition_key for record in records if record.partition_key)
