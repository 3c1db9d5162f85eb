from __future__ import annotations

from pathlib import Path

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.defs.landing.assets import LANDING_TICKS, landing_run_config
from ticklake_assets.resources.landing import SourceConfig
from ticklake_assets.sources.landing_csv import landing_path, publish_day
from ticklake_assets_tests.defs.graphs import Graph
from ticklake_assets_tests.defs.homes import days_from, ticks_of

FRIDAY_TO_MONDAY = days_from("EURUSD", "2024-05-03", 4)


def source(graph: Graph) -> Path:
    return graph.home.settings.home / "source"


def test_days_of_the_users_folder_are_landed_and_closed_ones_are_empty(graph: Graph) -> None:
    for day in (day for day in FRIDAY_TO_MONDAY if ticks_of(day).num_rows):
        publish_day(source(graph), day, ticks_of(day))
    graph.run(FRIDAY_TO_MONDAY, "landing")
    rows = [graph.metadata("landing/ticks", day)["dagster/partition_row_count"] for day in FRIDAY_TO_MONDAY]
    assert rows == [ticks_of(day).num_rows for day in FRIDAY_TO_MONDAY]
    assert rows[1] == 0 < min(rows[0], *rows[2:])
    closed = [graph.metadata("landing/ticks", day)["market_closed"] for day in FRIDAY_TO_MONDAY]
    assert closed == [False, True, False, False]
    for day, count in zip(FRIDAY_TO_MONDAY, rows, strict=True):
        path = landing_path(graph.home.settings.landing_dir, day)
        assert graph.metadata("landing/ticks", day)["path"] == str(path)
        assert path.read_bytes().count(b"\n") == count + 1


def test_the_same_ticks_change_nothing_and_others_are_a_revision(graph: Graph) -> None:
    (day,) = days_from("USDCAD", "2024-05-06", 1)
    landed = []
    for seed in (1, 1, 2):
        file = publish_day(source(graph) / str(seed), day, ticks_of(day, seed)).path
        graph.run([day], "landing")
        landed.append([graph.metadata("landing/ticks", day)[name] for name in ("revision", "is_new")])
        file.unlink()
    assert landed == [[1, True], [1, False], [2, True]]


def test_a_missing_day_is_named_and_the_days_around_it_are_landed(graph: Graph) -> None:
    days = days_from("GBPJPY", "2024-05-06", 3)
    for day in (days[0], days[2]):
        publish_day(source(graph), day, ticks_of(day))
    failure = graph.failure(days, "landing")
    assert (failure.description or "").startswith(
        f"1 of 3 partitions failed at landing, first {days[1]}: {days[1]} is missing"
    )
    assert failure.allow_retries
    assert [graph.is_materialized("landing/ticks", day) for day in days] == [True, False, True]


def test_a_landed_day_that_the_lake_refuses_does_not_hide_the_day_that_failed(graph: Graph) -> None:
    days = days_from("GBPJPY", "2024-06-03", 3)
    for day in (days[0], days[2]):
        publish_day(source(graph), day, ticks_of(day))
    graph.home.store.create(raw_key(days[0]), b"other bytes")
    failure = graph.failure(days, "landing")
    assert f"first {days[1]}: {days[1]} is missing" in (failure.description or "")
    assert graph.home.store.head(raw_key(days[2]))


def test_a_run_may_name_another_source_than_the_servers(graph: Graph, tmp_path: Path) -> None:
    (day,) = days_from("AUDUSD", "2024-05-06", 1)
    publish_day(source(graph), day, ticks_of(day))
    publish_day(tmp_path, day, ticks_of(day, seed=2))
    job = graph.definitions.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection={LANDING_TICKS}
    )
    for run_config in (landing_run_config(SourceConfig(source="folder", source_dir=str(tmp_path))), {}):
        assert job.execute_in_process(run_config, graph.instance, day.key).success
    landing = graph.home.settings.landing_dir
    assert landing_path(landing, day).read_bytes() == landing_path(tmp_path, day).read_bytes()
    assert landing_path(landing, day, 2).read_bytes() == landing_path(source(graph), day).read_bytes()
