from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.tags import MAX_RETRIES_TAG, PARTITION_NAME_TAG
from dagster._core.test_utils import create_run_for_test

from ticklake_assets.core.day_files import RAW, raw_key
from ticklake_assets.core.schemas import CSV_HEADER
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.raw.planning import LONGEST_RANGE
from ticklake_assets.defs.raw.sensors import MOST_RUNS_A_LOOK, days_in_flight
from ticklake_assets.instance.asked_again import ask_again
from ticklake_assets.instance.in_process_runs import PROCESS_TAG, process_tag
from ticklake_assets.resources.lake import Lake
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.raw.seals import current_seal
from ticklake_assets.storage.raw.state import refusals
from ticklake_assets_tests.defs.homes import Home, days_from, other_header, unparsable_field
from ticklake_assets_tests.defs.raw.played_runs import Player, days_of


@pytest.fixture
def player(tmp_path: Path) -> Iterator[Player]:
    """In memory: on disk Dagster makes a database a run. test_sensors_with_daemon.py has one on disk."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield Player(Home(tmp_path), instance)


@pytest.mark.parametrize("at", [0, 2, 4], ids=["first", "middle", "last"])
@pytest.mark.parametrize("spoil", [other_header, unparsable_field], ids=["raw", "parquet"])
def test_good_days_around_a_bad_one_reach_gold_once(player: Player, at: int, spoil: Any) -> None:
    days = days_from("EURUSD", "2024-01-15", 5)
    bad = days[at]
    player.home.land([bad], spoil=spoil)
    player.home.land([day for day in days if day != bad])
    said = player.settle()
    assert player.gold == dict.fromkeys((day for day in days if day != bad), 1)
    assert player.tried[bad] == 2  # with its neighbours, and alone
    assert "4 days in gold" in said
    assert "1 refused" in said
    assert said.endswith(f"given up: {bad}")
    (refusal,) = refusals(player.home.store, bad)
    assert refusal.layer == ("raw" if spoil is other_header else "parquet")
    assert "Expected" in refusal.error


def test_what_comes_later_is_built_once_and_nothing_else_is_built_again(player: Player) -> None:
    days = days_from("EURUSD", "2024-01-15", 4)
    late, good, bad = days[0], days[1], days[2]
    player.home.land([bad], spoil=unparsable_field)
    player.home.land([good, days[3]])
    player.settle()
    player.home.land([late])
    player.home.land([good, bad], seed=2)
    assert player.home.raw_file(good, 2).exists()
    player.settle()
    assert player.gold == {late: 1, good: 2, bad: 1, days[3]: 1}
    assert player.home.gold_source(good) == current_seal(player.home.store, good).sha256
    assert current_seal(player.home.store, good).revision == 2


def test_a_touched_file_is_sealed_again_and_not_rebuilt(player: Player) -> None:
    (day,) = days_from("EURUSD", "2024-01-15", 1)
    player.home.land([day])
    player.settle()
    os.utime(player.home.raw_file(day), (1, 1))
    assert [request.job_name for request in player.look().run_requests or []] == ["reseal_raw"]
    player.settle()
    assert player.gold == {day: 1}


@pytest.mark.parametrize("change", [(b"1.", b"2."), (b"\n", b"\n\n")], ids=["same size", "other size"])
def test_changed_bytes_raise_the_alarm_once_and_are_kept(player: Player, change: tuple[bytes, bytes]) -> None:
    (day,) = days_from("EURUSD", "2024-01-15", 1)
    player.home.land([day])
    player.settle()
    held, made = player.home.raw_file(day).read_bytes(), player.home.gold_source(day)
    changed = held.replace(*change)
    player.home.raw_file(day).write_bytes(changed)
    said = player.settle()
    assert "1 violated" in said
    assert f"violated: {day}" in said
    assert [request.job_name for request in player.requests] == ["raw_to_gold", "reseal_raw"]
    (kept,) = player.home.store.list("quarantine/")
    assert player.home.store.get(kept.key) == changed
    assert player.home.gold_source(day) == made
    player.home.raw_file(day).write_bytes(held)
    assert "0 violated" in player.settle()
    assert player.gold == {day: 1}


def test_days_that_kill_their_runs_do_not_hold_up_the_others(player: Player) -> None:
    days = days_from("EURUSD", "2024-01-15", 9)
    player.home.land(days)
    player.deadly = [days[4]]
    said = player.settle()
    assert player.gold == dict.fromkeys((day for day in days if day != days[4]), 1)
    assert said.endswith(f"tried again: {days[4]} in 1 min (now: `ticklake retry EURUSD`)")
    player.deadly = []
    assert not player.look().run_requests
    ask_again(player.instance, ["GBPJPY"])
    assert not player.look().run_requests
    ask_again(player.instance, ["EURUSD"])
    player.settle()
    assert player.gold == dict.fromkeys(days, 1)


def test_what_is_no_partition_is_named_and_stops_nothing(player: Player) -> None:
    (day,) = days_from("EURUSD", "2024-01-15", 1)
    today = SymbolDay("EURUSD", datetime.now(UTC).date())
    strangers = [raw_key(SymbolDay("FOOBAR", day.trading_day)), raw_key(today), f"{RAW}EURUSD/notes.txt"]
    for key in strangers:
        player.home.store.create(key, f"{CSV_HEADER}\n".encode())
    player.home.land([day])
    said = player.settle()
    assert player.gold == {day: 1}
    assert said.endswith(
        f"no partition: {today}, FOOBAR|{day.trading_day}; unknown name: {RAW}EURUSD/notes.txt"
    )


def test_days_of_queued_runs_are_left_alone_whoever_launched_them(player: Player) -> None:
    days = days_from("EURUSD", "2024-01-15", 3)
    player.home.land(days)
    (request,) = player.look().run_requests or []
    run = player.launch(request)
    assert days_in_flight(player.instance) == set(days)
    assert player.look().run_requests == []
    player.finish(request, run)
    player.settle()
    assert player.gold == dict.fromkeys(days, 1)


class LakeOfAnotherTime(Lake):
    """A lake in which a run ends while the sensor lists it."""

    @property
    def store(self) -> ObjectStore:  # type: ignore[override]
        store = open_store(self.url)
        listed = list(store.list())
        MEANWHILE.pop()() if MEANWHILE else None
        store.list = lambda prefix="": iter([found for found in listed if found.key.startswith(prefix)])  # type: ignore[method-assign]
        return store


MEANWHILE: list[Any] = []


def test_a_run_that_ends_during_the_look_is_not_repeated(player: Player) -> None:
    days = days_from("EURUSD", "2024-01-15", 2)
    player.home.land(days)
    (request,) = player.look().run_requests or []
    run = player.launch(request)
    MEANWHILE.append(lambda: player.finish(request, run))
    player.home.lake = LakeOfAnotherTime(url=player.home.lake.url)
    assert player.look().run_requests == []
    assert player.settle().startswith("2 objects: 2 days in gold, 0 to build")
    assert player.gold == dict.fromkeys(days, 1)


def test_the_daemons_own_retries_are_off(player: Player) -> None:
    """The next look is the retry: with both, a killed run would be launched twice."""
    player.home.land(days_from("EURUSD", "2024-01-15", 1))
    (request,) = player.look().run_requests or []
    assert request.tags[MAX_RETRIES_TAG] == "0"


@pytest.mark.parametrize("each", [150, pytest.param(500, marks=pytest.mark.slow)])
def test_files_of_months_at_once_are_launched_in_months_and_none_twice(player: Player, each: int) -> None:
    symbols = ["AUDUSD", "EURUSD", "GBPUSD", "USDJPY"]
    days = [day for symbol in symbols for day in days_from(symbol, "2021-03-01", each)]
    for day in days:
        player.home.store.create(raw_key(day), f"{CSV_HEADER}\n".encode())
    said = player.settle()
    assert said.startswith(f"{len(days)} objects: {len(days)} days in gold, 0 to build (0 in flight)")
    assert player.gold == dict.fromkeys(days, 1)
    lengths = [len(days_of(request)) for request in player.requests]
    assert max(lengths) == LONGEST_RANGE
    assert len(lengths) == len(symbols) * -(-each // LONGEST_RANGE)
    assert len({request.run_key for request in player.requests}) == len(lengths)
    assert len(player.cursors) == 1 + -(-len(lengths) // MOST_RUNS_A_LOOK)
    assert max(map(len, player.cursors)) < 200
    assert json.loads(player.cursors[-1]) == {"objects": sum(lengths), "to_build": 0}


def test_a_run_whose_command_was_killed_holds_no_day(player: Player) -> None:
    """The demo runs in its own process: killed, its run would stay in flight for hours."""
    day = days_from("EURUSD", "2024-01-15", 1)[0]
    player.home.land([day])
    tags = {PARTITION_NAME_TAG: day.key, **process_tag()}
    create_run_for_test(player.instance, "demo", tags=tags, status=dg.DagsterRunStatus.STARTED)
    assert not player.look().run_requests
    gone = {**tags, PROCESS_TAG: tags[PROCESS_TAG].rsplit(":", 1)[0] + ":1.00"}
    for run in player.instance.get_runs():
        player.instance.delete_run(run.run_id)
    create_run_for_test(player.instance, "demo", tags=gone, status=dg.DagsterRunStatus.STARTED)
    player.settle()
    assert player.gold == {day: 1}
