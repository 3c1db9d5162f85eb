from __future__ import annotations

from hashlib import sha256

from ticklake_assets.sources.landing_csv import publish_day, published_path
from ticklake_assets_tests.defs.graphs import Graph
from ticklake_assets_tests.defs.homes import days_from, other_header, ticks_of


def test_landing_is_delivered_byte_for_byte_and_sealed(graph: Graph) -> None:
    days = days_from("EURUSD", "2024-04-01", 2)
    for day in days:
        publish_day(graph.home.settings.landing_dir, day, ticks_of(day))
    graph.run(days, "raw")
    for day in days:
        landed = published_path(graph.home.settings.landing_dir, day).read_bytes()
        assert graph.home.raw_file(day).read_bytes() == landed
        metadata = graph.metadata("raw/ticks", day)
        assert metadata["sha256"] == sha256(landed).hexdigest()
        assert metadata["bytes"] == len(landed)
        assert metadata["dagster/partition_row_count"] == landed.count(b"\n") - 1
        assert metadata["revision"] == 1
        assert day.start_us <= metadata["first_tick_us"] < metadata["last_tick_us"] < day.end_us


def test_a_file_with_another_header_is_refused_and_its_neighbours_are_sealed(graph: Graph) -> None:
    days = days_from("EURUSD", "2024-04-08", 3)
    graph.home.land(days[1:2], spoil=other_header)
    graph.home.land([days[0], days[2]])
    failure = graph.failure(days, "raw")
    assert (failure.description or "").startswith(
        f"1 of 3 partitions failed at raw, first {days[1]}: Header of "
    )
    assert not failure.allow_retries
    assert [graph.is_materialized("raw/ticks", day) for day in days] == [True, False, True]
    assert graph.home.refused_at(days[1]) == ["raw"]


def test_an_overwritten_object_is_an_alarm_and_what_was_sealed_stays_known(graph: Graph) -> None:
    (day,) = days_from("EURUSD", "2024-04-15", 1)
    graph.home.land([day])
    graph.run([day], "raw")
    sealed = graph.metadata("raw/ticks", day)["sha256"]
    changed = graph.home.raw_file(day).read_bytes() + b"\n"
    graph.home.raw_file(day).write_bytes(changed)
    failure = graph.failure([day], "raw")
    assert f"Expected sha256 {sealed}, was {sha256(changed).hexdigest()}" in (failure.description or "")
    assert graph.metadata("raw/ticks", day)["sha256"] == sealed
    assert [
        graph.home.store.get(found.key)
        for found in graph.home.store.list("quarantine/raw/ticks/EURUSD/2024/04")
    ] == [changed]


def test_after_the_alarm_a_correction_is_sealed_as_the_next_revision(graph: Graph) -> None:
    (day,) = days_from("EURUSD", "2024-04-29", 1)
    graph.home.land([day])
    graph.run([day], "raw")
    raw = graph.home.raw_file(day)
    raw.write_bytes(raw.read_bytes() + b"\n")
    graph.failure([day], "raw")
    publish_day(graph.home.settings.landing_dir, day, ticks_of(day, seed=2))
    graph.run([day], "raw")
    assert graph.metadata("raw/ticks", day)["revision"] == 2
    state = graph.home.state()
    assert day in state.to_build
    assert day not in state.refused | state.violated


def test_a_day_that_lies_nowhere_is_missing_and_may_be_tried_again(graph: Graph) -> None:
    (day,) = days_from("EURUSD", "2024-04-22", 1)
    failure = graph.failure([day], "raw")
    assert "Expected raw/ticks/EURUSD/2024/04/EURUSD_2024-04-22.csv, was no such object" in (
        failure.description or ""
    )
    assert failure.allow_retries
