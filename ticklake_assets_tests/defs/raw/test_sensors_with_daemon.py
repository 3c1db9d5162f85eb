"""One real daemon from the first file to the last: what arrives reaches gold without a person, once.

In a folder, and on S3 and Postgres.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from dagster._core.scheduler.instigation import InstigatorTick
from dagster._core.storage.compute_log_manager import ComputeIOType

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.raw.seals import current_seal
from ticklake_assets.storage.raw.state import refusals
from ticklake_assets_tests.defs.homes import (
    GOLD_BARS,
    days_from,
    materializations,
    mostly_crossed,
    other_header,
    unparsable_field,
)
from ticklake_assets_tests.defs.raw.arrivals import Arrivals, arrivals, days_of, running_daemon
from ticklake_assets_tests.defs.raw.places import PLACES, Place

pytestmark = pytest.mark.timeout(3_600)

LATE, *FIRST_BAD = days_from("EURUSD", "2024-01-15", 4)
MIDDLE_BAD = days_from("GBPUSD", "2024-01-16", 3)
LAST_BAD = days_from("USDJPY", "2024-01-16", 3)
BAD = {FIRST_BAD[0]: "raw", MIDDLE_BAD[1]: "parquet", LAST_BAD[2]: "clean"}
GOOD = [day for day in (*FIRST_BAD, *MIDDLE_BAD, *LAST_BAD) if day not in BAD]
CORRECTED, (TOUCHED, OVERWRITTEN) = MIDDLE_BAD[0], LAST_BAD[:2]
PUT_AGAIN, DELETED = FIRST_BAD[1], MIDDLE_BAD[2]


@dataclass
class Story:
    """The session, and what was seen at the end of each of its two parts."""

    seen: Arrivals
    first_look: InstigatorTick
    first_gold: dict[str, int]
    first_refusals: dict[SymbolDay, list[str]]
    first_runs: dict[SymbolDay, int]
    gold_before: dict[SymbolDay, str]
    overwritten_with: bytes
    second_began: float
    second_look: InstigatorTick


@pytest.fixture(scope="module", params=PLACES)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    place: Place = request.param
    folder = tmp_path_factory.mktemp("arrivals")
    with place.services(folder), arrivals(folder) as seen:
        home = seen.home
        home.land(GOOD)
        for day, spoil in zip(BAD, (other_header, unparsable_field, mostly_crossed), strict=True):
            home.land([day], spoil=spoil)
        with running_daemon(seen):
            first_look = seen.settle()
            gold_before = {day: home.gold_source(day) for day in GOOD}
            first = dict(materializations(seen.instance)), {day: home.refused_at(day) for day in BAD}
            first_runs = {day: len(seen.runs_over(day)) for day in (*GOOD, *BAD)}
            began = time.time()
            place.touch(home, TOUCHED)
            other = home.store.get(raw_key(OVERWRITTEN)).replace(b"1", b"2")
            home.store.put(raw_key(OVERWRITTEN), other)
            home.store.put(raw_key(PUT_AGAIN), home.store.get(raw_key(PUT_AGAIN)))
            home.store.delete(raw_key(DELETED))
            home.land([LATE])
            home.land([CORRECTED, *BAD], seed=2)
            second_look = seen.settle()
        yield Story(seen, first_look, *first, first_runs, gold_before, other, began, second_look)


def test_every_good_day_reaches_gold_once(story: Story) -> None:
    assert story.first_gold == {day.key: 1 for day in GOOD}


def test_every_bad_day_is_refused_with_its_reason_after_a_bounded_number_of_runs(story: Story) -> None:
    assert story.first_refusals == {day: [layer] for day, layer in BAD.items()}
    assert story.first_runs == dict.fromkeys((*GOOD, *BAD), 2)  # with the bad day of the range, then without


def test_a_look_with_nothing_to_do_is_skipped_and_says_what_it_sees(story: Story) -> None:
    said = story.first_look.skip_reason or ""
    assert said.startswith("9 objects: 6 days in gold, 0 to build (0 in flight), 0 to re-seal, 3 refused")
    assert "given up: EURUSD|2024-01-16, GBPUSD|2024-01-17, USDJPY|2024-01-18" in said


def test_the_cursor_stays_small(story: Story) -> None:
    cursors = [tick.cursor or "" for tick in story.seen.ticks()]
    assert 0 < max(map(len, cursors)) < 1_000


def test_late_and_corrected_files_reach_gold_once(story: Story) -> None:
    expected = {day.key: 1 for day in (*GOOD, LATE, *BAD)} | {CORRECTED.key: 2}
    assert dict(materializations(story.seen.instance)) == expected
    store = story.seen.home.store
    for day in (CORRECTED, *BAD):
        assert current_seal(store, day).revision == 2
        assert story.seen.home.gold_source(day) == current_seal(store, day).sha256
        assert refusals(store, day) == []


def test_a_touched_file_is_sealed_again_and_builds_nothing(story: Story) -> None:
    (run,) = story.seen.runs_over(TOUCHED, since=story.second_began)
    assert run.job_name == "reseal_raw"
    assert materializations(story.seen.instance)[TOUCHED.key] == 1
    assert story.seen.home.gold_source(TOUCHED) == story.gold_before[TOUCHED]


def test_the_same_bytes_put_again_build_nothing(story: Story) -> None:
    """In a folder that is a touch, and S3 shows no difference at all."""
    runs = story.seen.runs_over(PUT_AGAIN, since=story.second_began)
    assert {run.job_name for run in runs} <= {"reseal_raw"}
    assert materializations(story.seen.instance)[PUT_AGAIN.key] == 1
    assert story.seen.home.gold_source(PUT_AGAIN) == story.gold_before[PUT_AGAIN]


def test_a_deleted_object_leaves_its_gold_and_builds_nothing(story: Story) -> None:
    home = story.seen.home
    assert story.seen.runs_over(DELETED, since=story.second_began) == []
    assert home.state().done[DELETED] == home.gold_source(DELETED) == story.gold_before[DELETED]
    assert home.gold_rows("bars", DELETED).num_rows > 0
    assert "0 gone" in (story.second_look.skip_reason or "")


def test_an_overwritten_object_raises_the_alarm_and_its_bytes_are_kept(story: Story) -> None:
    home = story.seen.home
    said = story.second_look.skip_reason or ""
    assert "1 violated" in said
    assert f"violated: {OVERWRITTEN}" in said
    (run,) = story.seen.runs_over(OVERWRITTEN, since=story.second_began)
    assert (run.job_name, run.is_failure) == ("reseal_raw", True)
    (kept,) = home.store.list("quarantine/")
    assert home.store.get(kept.key) == story.overwritten_with
    assert home.gold_source(OVERWRITTEN) == story.gold_before[OVERWRITTEN]
    assert materializations(story.seen.instance)[OVERWRITTEN.key] == 1


def test_the_output_of_every_run_is_kept(story: Story) -> None:
    """On S3 the listing is the bucket's."""
    manager = story.seen.instance.compute_log_manager
    for run in story.seen.instance.get_runs():
        folder = [run.run_id, "compute_logs"]
        (key,) = manager.get_log_keys_for_log_key_prefix(folder, ComputeIOType.STDERR)
        said = manager.get_log_data(key).stderr or b""
        assert run.run_id.encode() in said


def test_nothing_is_left_running_behind_the_daemon(story: Story) -> None:
    assert not story.seen.unfinished()
    assert all(run.is_finished for run in story.seen.instance.get_runs())
    assert {len(days_of(run)) for run in story.seen.instance.get_runs()} == {1, 2, 3}
    assert GOLD_BARS in story.seen.instance.all_asset_keys()
