from __future__ import annotations

from hashlib import sha256

import dagster as dg
import pyarrow.parquet as pq

from ticklake_assets_tests.defs.graphs import Graph
from ticklake_assets_tests.defs.homes import days_from, read_in_a_wrong_zone, unparsable_field


def test_every_line_of_the_file_is_a_typed_row(graph: Graph) -> None:
    """Law 1, recounted on the bytes."""
    days = days_from("EURUSD", "2024-03-04", 2)
    graph.home.land(days)
    graph.run(days, "raw", "parquet")
    for day in days:
        data = graph.home.raw_file(day).read_bytes()
        (file,) = graph.home.lake.parquet.require(day).files
        rows = pq.read_table(graph.home.store.uri(file.key))
        assert rows["source_row"].to_pylist() == list(range(1, data.count(b"\n")))
        metadata = graph.metadata("parquet/ticks", day)
        assert metadata["dagster/partition_row_count"] == rows.num_rows
        assert metadata["raw_sha256"] == sha256(data).hexdigest()


def test_a_file_that_cannot_be_typed_names_its_row_and_keeps_the_old_content(graph: Graph) -> None:
    days = days_from("EURUSD", "2024-03-11", 3)
    graph.home.land(days)
    graph.run(days, "raw", "parquet")
    before = graph.home.lake.parquet.require(days[1])
    graph.home.land(days[:1], seed=2)
    graph.home.land(days[1:2], seed=2, spoil=unparsable_field)
    failure = graph.failure(days, "raw", "parquet")
    assert failure.description == (
        f"1 of 3 partitions failed at parquet, first {days[1]}: raw/ticks/EURUSD/2024/03/EURUSD_2024-03-12.r2.csv, "
        "data row 7, column bid. Expected a number, was '1.1O5'"
    )
    assert not failure.allow_retries
    assert graph.home.lake.parquet.require(days[1]) == before
    assert graph.home.lake.parquet.require(days[0]).made_from.revision == 2
    assert graph.home.refused_at(days[1]) == ["parquet"]


def test_an_object_that_changed_after_sealing_stops_here(graph: Graph) -> None:
    (day,) = days_from("EURUSD", "2024-03-18", 1)
    graph.home.land([day])
    graph.run([day], "raw")
    changed = graph.home.raw_file(day).read_bytes().replace(b"1.", b"2.")
    graph.home.raw_file(day).write_bytes(changed)
    failure = graph.failure([day], "parquet")
    assert "changed after it was sealed" in (failure.description or "")
    assert graph.home.lake.parquet.manifest(day) is None
    (kept,) = graph.home.store.list("quarantine/raw/ticks/EURUSD/2024/03/EURUSD_2024-03-18")
    assert graph.home.store.get(kept.key) == changed


def test_quotes_outside_the_session_are_a_warning_that_names_the_zone_and_refuse_nothing(
    graph: Graph,
) -> None:
    """However the file came: here nobody landed it, as where a person drops one into the folder."""
    thursday, friday = days_from("EURUSD", "2024-05-09", 2)
    graph.home.land([thursday])
    graph.home.land([friday], spoil=read_in_a_wrong_zone)
    result = graph.run([thursday, friday], "raw", "parquet")
    (check,) = [
        each
        for each in result.get_asset_check_evaluations()
        if each.check_name == "quotes_are_in_the_session"
    ]
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    told = str(check.metadata["failed"].value)
    assert "outside its session (00:00 to 21:00 UTC)" in told
    assert friday.key in told
    assert thursday.key not in told
    assert graph.home.lake.parquet.require(friday).rows
