from __future__ import annotations

import re
from typing import NamedTuple

import pyarrow as pa
import pytest
from pyiceberg.table.snapshots import Snapshot

from ticklake_assets.core.bars import minute_bars
from ticklake_assets.core.features import KERNEL_VERSION, features_of_day
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.label_table import added_label_columns
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.labels import label_day
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.gold.rows import bar_rows, feature_rows, label_rows
from ticklake_assets.storage.partitions.tick_rows import quotes_of
from ticklake_assets.storage.raw.state import made_from
from ticklake_assets_tests.defs.graphs import TO_GOLD, Graph
from ticklake_assets_tests.defs.homes import days_from

TABLES = ("bars", "features", "labels")


def exact(tables: dict[str, pa.Table]) -> dict[str, str]:
    """Rows as text with every bit of the floats; NaN, the price of an order that never was, equals NaN."""
    return {name: rows.to_pandas().to_csv(index=False) for name, rows in tables.items()}


def gold_of(graph: Graph, day: SymbolDay) -> dict[str, str]:
    return exact({table: graph.home.gold_rows(table, day) for table in TABLES})


def computed(graph: Graph, day: SymbolDay) -> dict[str, str]:
    """What the kernels make of the published clean day."""
    quotes = quotes_of(graph.home.lake.clean.read(day))
    events = features_of_day(day, quotes)
    instrument = instrument_of(day.symbol)
    labels, added = (
        label_day(day, quotes, events, instrument),
        added_label_columns(day, quotes, events, instrument),
    )
    return exact(
        {
            "bars": bar_rows(day, minute_bars(day, quotes)),
            "features": feature_rows(day, events),
            "labels": label_rows(day, events.ts_us, labels, added),
        }
    )


class Made(NamedTuple):
    """Two open days and a closed one, brought to gold by one run."""

    thursday: SymbolDay
    friday: SymbolDay
    saturday: SymbolDay
    run_id: str
    labels: Snapshot | None
    """Of the table, once the run was over."""


@pytest.fixture(scope="module")
def made(graph: Graph) -> Made:
    days = days_from("EURUSD", "2024-01-18", 3)
    graph.home.land(days)
    run_id = graph.run(days, *TO_GOLD).run_id
    with graph.home.gold().tables as gold:
        return Made(*days, run_id, gold.table("labels").current_snapshot())


def test_gold_is_what_the_kernels_make_and_says_where_it_came_from(graph: Graph, made: Made) -> None:
    for day in (made.thursday, made.friday):
        held = gold_of(graph, day)
        assert held == computed(graph, day)
        for table in TABLES:
            metadata = graph.metadata(f"gold/{table}", day)
            assert metadata["dagster/partition_row_count"] == held[table].count("\n") - 1 > 100
            assert metadata["raw_sha256"] == graph.home.gold_source(day)
        (source,) = made_from(graph.home.store, day)
        assert source.properties == {
            "dagster_run_id": made.run_id,
            "kernel_version": KERNEL_VERSION,
            "label_version": label_version(instrument_of("EURUSD")),
        }
    snapshot = made.labels
    assert snapshot is not None
    assert snapshot.summary is not None
    assert snapshot.summary["ticklake.dagster_run_id"] == made.run_id
    assert snapshot.summary["ticklake.kernel_version"] == KERNEL_VERSION
    assert str(snapshot.snapshot_id) == graph.metadata("gold/labels", made.thursday)["snapshot_id"]


def test_a_second_materialization_leaves_the_same_content(graph: Graph) -> None:
    """Law 8."""
    days = days_from("GBPUSD", "2024-01-15", 2)
    graph.home.land(days)
    graph.run(days, *TO_GOLD)
    layers = (graph.home.lake.parquet, graph.home.lake.clean)
    first = [(layer.require(day).digest, gold_of(graph, day)) for day in days for layer in layers]
    graph.run(days, *TO_GOLD)
    assert [(layer.require(day).digest, gold_of(graph, day)) for day in days for layer in layers] == first


def test_a_closed_day_is_materialized_without_a_row(graph: Graph, made: Made) -> None:
    friday, saturday = made.friday, made.saturday
    for asset in ("raw/ticks", "parquet/ticks", "clean/ticks", "gold/bars", "gold/features", "gold/labels"):
        assert graph.metadata(asset, friday)["dagster/partition_row_count"] > 0
        assert graph.metadata(asset, saturday)["dagster/partition_row_count"] == 0
    assert re.match(
        r"!\[0 to 24 h UTC: up to 0 ticks .*\]\(data:image/svg\+xml;base64,\w",
        graph.metadata("clean/ticks", saturday)["by_hour"],
    )
    assert graph.home.state().done.keys() >= {friday, saturday}


def test_a_day_that_fails_keeps_its_gold_and_the_others_are_replaced(graph: Graph) -> None:
    days = days_from("NZDUSD", "2024-01-15", 3)
    graph.home.land(days)
    graph.run(days, *TO_GOLD)
    before = {day: gold_of(graph, day) for day in days}
    graph.home.land(days, seed=2)
    graph.run(days, "raw", "parquet", "clean")
    lost = graph.home.lake.clean.require(days[1]).files[0].key
    graph.home.store.put(lost, b"not what was published")
    failure = graph.failure(days, "gold")
    assert failure.description is not None
    assert failure.description.startswith(
        f"1 of 3 partitions failed at gold, first {days[1]}: {lost} changed"
    )
    assert gold_of(graph, days[1]) == before[days[1]]
    for day in (days[0], days[2]):
        assert gold_of(graph, day) == computed(graph, day) != before[day]
        assert graph.metadata("gold/bars", day)["raw_sha256"] == graph.home.gold_source(day)
    assert graph.home.refused_at(days[1]) == ["gold"]


@pytest.mark.parametrize("groups", [("gold",), ("clean",), ("parquet",)], ids="".join)
def test_a_layer_without_what_it_reads_says_so(graph: Graph, groups: tuple[str, ...]) -> None:
    (day,) = days_from("USDCHF", "2024-01-15", 1)
    failure = graph.failure([day], *groups)
    assert re.search(r"Expected a (published partition|sealed raw file), was none", failure.description or "")
    assert failure.allow_retries
    assert not graph.is_materialized(f"{groups[0]}/{'bars' if groups == ('gold',) else 'ticks'}", day)
    assert graph.home.refused_at(day) == []
