"""Gold rows and catalogs for tests: seeded numbers of the right shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from ticklake_assets.core.bars import minute_bars
from ticklake_assets.core.features import FEATURES, KERNEL_VERSION, features_of_day
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.label_table import LABEL_TABLE, added_label_columns
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.labels import DayLabels, label_day
from ticklake_assets.core.schemas import BARS, CONTEXT, LABELS, PARTITION, names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Ints, OrderOutcomes, Quotes
from ticklake_assets.storage.datasets.sources import DaySource
from ticklake_assets.storage.gold.rows import bar_rows, feature_rows, label_rows
from ticklake_assets.storage.gold.tables import GoldTables, open_catalog
from ticklake_assets_tests.core.quote_builders import random_quotes

MONDAY = SymbolDay("EURUSD", date(2024, 1, 1))
RUN = {"run_id": "r-1", "kernel_version": "1"}


def days_from(first: SymbolDay, count: int) -> list[SymbolDay]:
    return [first.shifted(offset) for offset in range(count)]


def open_gold(root: Path) -> GoldTables:
    return GoldTables(open_catalog("lake", f"sqlite:///{root}/catalog.db", (root / "warehouse").as_uri()))


def event_times(day: SymbolDay, count: int) -> Ints:
    return day.start_us + 900_000_000 + np.arange(count, dtype=np.int64) * 60_000_000


def make_features(day: SymbolDay, count: int, seed: int = 0) -> pa.Table:
    random = np.random.default_rng([seed, day.trading_day.toordinal()])
    return feature_rows(
        day,
        DayFeatures(
            event_times(day, count),
            random.normal(size=(count, len(CONTEXT))),
            random.normal(size=(count, len(FEATURES))),
        ),
    )


def make_labels(day: SymbolDay, count: int, seed: int = 0) -> pa.Table:
    random = np.random.default_rng([seed, day.trading_day.toordinal(), 1])
    ts_us = event_times(day, count)
    known_at_us = ts_us + 30_000_000

    def orders() -> OrderOutcomes:
        return OrderOutcomes(
            outcome=random.integers(1, 5, count).astype(np.int8),
            entry_us=ts_us + 200_000,
            entry=random.normal(size=count),
            exit_us=known_at_us,
            exit=random.normal(size=count),
            net=random.normal(size=count),
        )

    made = DayLabels(
        width=np.full(count, 0.001),
        horizon_us=np.full(count, 900_000_000),
        long=orders(),
        short=orders(),
        outcome=random.integers(0, 3, count).astype(np.int8),
        known_at_us=known_at_us,
    )
    added = {
        column.name: known_at_us if column.type == "timestamp_us" else random.normal(size=count)
        for column in LABEL_TABLE[len(LABELS) :]
    }
    return label_rows(day, ts_us, made, added)


def make_bars(day: SymbolDay, minutes: int, ticks_a_minute: int = 1_000) -> pa.Table:
    columns = {name: np.full(minutes, 1.1) for name in names(BARS[len(PARTITION) :])}
    return bar_rows(
        day,
        {
            **columns,
            "bar_end": day.start_us + (np.arange(minutes, dtype=np.int64) + 1) * 60_000_000,
            "tick_count": np.full(minutes, ticks_a_minute),
        },
    )


def fill_gold(gold: GoldTables, days: list[SymbolDay], *, events: int = 40, seed: int = 0) -> None:
    """Open days with `events` events and 25,000 quotes each."""
    gold.replace("bars", days, pa.concat_tables(make_bars(day, 25) for day in days), RUN)
    gold.replace("features", days, pa.concat_tables(make_features(day, events, seed) for day in days), RUN)
    gold.replace("labels", days, pa.concat_tables(make_labels(day, events, seed) for day in days), RUN)


def make_sources(
    days: Iterable[SymbolDay],
    quotes: int = 25_000,
    kernel_version: str = KERNEL_VERSION,
    labels: str = label_version(instrument_of("EURUSD")),
) -> dict[date, DaySource]:
    """What days of gold with so many quotes each were made from: 100 rows more are in quarantine."""
    return {
        day.trading_day: DaySource(f"raw-{day.trading_day}", quotes + 100, 100, kernel_version, labels)
        for day in days
    }


def random_days(days: list[SymbolDay], quotes: int = 12_000) -> dict[SymbolDay, Quotes]:
    """Quotes around the clock with outages of minutes, one day unlike the other."""
    walks = {day: random_quotes(quotes, seed, day, gap_ms=7_500) for seed, day in enumerate(days, 1)}
    return {
        day: Quotes(*(column[: int(np.searchsorted(walk.ts_us, day.end_us))] for column in walk))
        for day, walk in walks.items()
    }


def fill_gold_from(gold: GoldTables, days: Mapping[SymbolDay, Quotes]) -> None:
    """Gold as the asset makes it, from these quotes."""
    tables: dict[str, list[pa.Table]] = {"bars": [], "features": [], "labels": []}
    for day, quotes in days.items():
        events = features_of_day(day, quotes)
        labels = label_day(day, quotes, events, instrument_of(day.symbol))
        tables["bars"].append(bar_rows(day, minute_bars(day, quotes)))
        tables["features"].append(feature_rows(day, events))
        added = added_label_columns(day, quotes, events, instrument_of(day.symbol))
        tables["labels"].append(label_rows(day, events.ts_us, labels, added))
    for name, rows in tables.items():
        gold.replace(name, list(days), pa.concat_tables(rows), RUN)
