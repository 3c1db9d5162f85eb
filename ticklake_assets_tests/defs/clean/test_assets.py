from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pyarrow.dataset as ds

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.dirt import DirtPlan, GroundTruth, inject
from ticklake_assets_tests.defs.graphs import Graph
from ticklake_assets_tests.defs.homes import Home, days_from, mostly_crossed, rendered, ticks_of

TO_CLEAN = ("raw", "parquet", "clean")


DIRT = DirtPlan(duplicate=1, crossed=1, non_positive=1, missing_field=1, spike=1, stale_run=1, wrong_day=1)


def dirtied(day: SymbolDay, ticks: pa.Table) -> tuple[pa.Table, GroundTruth]:
    return inject(ticks, day, 7, DIRT)


def dirty(day: SymbolDay, ticks: pa.Table) -> bytes:
    return rendered(day, dirtied(day, ticks)[0])


def rows_on_disk(home: Home, folder: str, day: SymbolDay) -> pa.Table:
    """Every Parquet row of a day under a folder of the lake, read without a manifest."""
    files = [
        home.store.uri(found.key)
        for found in home.store.list(folder)
        if f"symbol={day.symbol}/trading_day={day.trading_day}/" in found.key
        and found.key.endswith(".parquet")
    ]
    return ds.dataset(files, format="parquet").to_table() if files else pa.table({"source_row": []})


def test_every_row_is_kept_or_quarantined_with_its_rule(graph: Graph) -> None:
    """Law 1, recounted on the files alone."""
    days = days_from("EURUSD", "2024-02-05", 2)
    graph.home.land(days, spoil=dirty)
    graph.run(days, *TO_CLEAN)
    for day in days:
        lines = graph.home.raw_file(day).read_bytes().count(b"\n") - 1
        kept = rows_on_disk(graph.home, "clean/ticks/gen=", day)["source_row"].to_pylist()
        refused = rows_on_disk(graph.home, "clean/quarantine/gen=", day)
        assert sorted([*kept, *refused["source_row"].to_pylist()]) == list(range(1, lines + 1))
        metadata = graph.metadata("clean/ticks", day)
        assert metadata["dagster/partition_row_count"] == len(kept)
        injected = dirtied(day, ticks_of(day))[1].by_rule
        assert metadata["quarantined"] == Counter(refused["rule"].to_pylist()) == injected
        assert metadata["quarantined_rows"] == refused.num_rows == sum(injected.values())
        assert metadata["by_hour"].startswith("![0 to 24 h UTC: up to ")


def test_a_day_that_is_mostly_wrong_is_refused_and_keeps_its_old_content(graph: Graph) -> None:
    days = days_from("EURUSD", "2024-02-12", 3)
    graph.home.land(days)
    graph.run(days, *TO_CLEAN)
    before = {day: graph.home.lake.clean.require(day) for day in days}
    graph.home.land([days[0], days[2]], seed=2)
    graph.home.land([days[1]], seed=2, spoil=mostly_crossed)
    failure = graph.failure(days, *TO_CLEAN)
    said = f"1 of 3 partitions failed at clean, first {days[1]}: Expected at most 20% of rows in quarantine, was "
    assert (failure.description or "").startswith(said)
    assert not failure.allow_retries
    after = {day: graph.home.lake.clean.require(day) for day in days}
    assert after[days[1]] == before[days[1]]
    assert graph.home.lake.clean.read(days[1]).num_rows == before[days[1]].rows
    for day in (days[0], days[2]):
        assert after[day].made_from.revision == 2
        assert graph.metadata("clean/ticks", day)["content"] == after[day].digest
    assert graph.home.refused_at(days[1]) == ["clean"]
    listed = {found.key for found in graph.home.store.list("clean/") if found.key.endswith(".parquet")}
    published = {key for day in days for key in after[day].keys}
    assert {key for key in listed if "trading_day=2024-02-1" in key} == published
