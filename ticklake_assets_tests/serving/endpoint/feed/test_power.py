"""Durability `power` on a disk that takes what is written and fails when it is asked to keep it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from serving.endpoint.feed.desk import Desk
from serving.endpoint.feed.live_session import LiveSession
from serving.endpoint.journal.journals import Journals
from serving.endpoint.journal.room import Limits
from serving.endpoint.models.store import ModelStore
from ticklake_assets.journal.reading import read_newest
from ticklake_assets_tests.serving.endpoint.desk import RESUME, START, Talk, open_desk, say
from ticklake_assets_tests.serving.recorded_day import DAY, RecordedDay

_NAMES = ("ts_us", "bid", "ask", "bid_size", "ask_size")


class Disk:
    """Its next syncs fail as Linux lets them fail: each failure is said once, and the sync after it passes."""

    def __init__(self) -> None:
        self.failures = 0

    def fdatasync(self, descriptor: int) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fdatasync(descriptor)


@contextmanager
def _desk(folder: Path, disk: Disk, models: ModelStore | None = None) -> Iterator[Desk]:
    journals = Journals(folder / "journal", "power", Limits(least_free_bytes=0), disk.fdatasync)
    with open_desk(folder, models=models, journals=journals) as desk:
        yield desk


def _ticks(recorded: RecordedDay, start: int, end: int, shifted_us: int = 0) -> bytes:
    told = [orjson.loads(tick.message()) for tick in recorded.ticks[start:end]]
    rows = [[each["ts_us"] + shifted_us, *(each[name] for name in _NAMES[1:])] for each in told]
    return orjson.dumps({"type": "ticks", "seq": start + 1, "rows": rows})


def _heard(queue: Any) -> list[str]:
    return [queue.get_nowait().signal["signal_id"] for _ in range(queue.qsize())]


def _ids(answer: dict[str, Any]) -> list[str]:
    return [each["signal_id"] for each in answer["signals"]]


def test_what_the_disk_did_not_keep_was_never_seen(
    tmp_path: Path, recorded: RecordedDay, scored: ModelStore
) -> None:
    """Neither its client, nor one that resumes, nor a reader of signals hears of it; then everything goes on."""
    disk, end = Disk(), len(recorded.ticks)
    with _desk(tmp_path, disk, scored) as desk, desk.hub.subscribed(DAY.symbol) as queue:
        talk = Talk(desk)
        talk.say('{"type":"start","complete":true,"rolls":false}')
        first = talk.say(_ticks(recorded, 0, 700))
        assert _heard(queue) == _ids(first)
        held = desk.journals.room.held_bytes
        for _ in range(3):
            disk.failures = 1
            with pytest.raises(OSError, match="Input/output error"):
                talk.say(_ticks(recorded, 700, end))
            assert talk.stands == (700, True)
            assert desk.journals.room.held_bytes == held
            assert _heard(queue) == []
        rest = talk.say(_ticks(recorded, 700, end))
        assert _heard(queue) == _ids(rest) != []
        assert [batch.last_seq for batch in read_newest(desk.journals.root, DAY).batches] == [700, end]


def test_a_single_tick_that_the_disk_did_not_keep_may_come_again(tmp_path: Path) -> None:
    disk = Disk()
    with _desk(tmp_path, disk) as desk:
        talk = Talk(desk)
        talk.say(START)
        answer = talk.tick(1)
        disk.failures = 1
        with pytest.raises(OSError, match="Input/output error"):
            talk.tick(2, 1.2)
        assert talk.stands == (1, True)
        assert talk.tick(1) == answer
        assert talk.tick(2)["status"] == "clean"


def test_a_day_does_not_turn_from_ticks_that_the_disk_did_not_keep(
    tmp_path: Path, recorded: RecordedDay
) -> None:
    disk, shift = Disk(), DAY.end_us - orjson.loads(recorded.ticks[1000].message())["ts_us"]
    with _desk(tmp_path, disk) as desk:
        talk = Talk(desk)
        talk.say(START)
        talk.say(_ticks(recorded, 0, 400, shift))
        over_midnight = _ticks(recorded, 400, 1400, shift)
        disk.failures = 1
        with pytest.raises(OSError, match="Input/output error"):
            talk.say(over_midnight)
        assert (talk.stands, talk.say(RESUME)["trading_day"]) == ((400, True), "2024-01-17")
        assert not desk.journals.days(DAY.symbol, DAY.shifted(1).trading_day)
        assert talk.say(over_midnight)["seq"] == 1400
        assert talk.say(RESUME)["trading_day"] == "2024-01-18"
        assert read_newest(desk.journals.root, DAY).is_sealed


def test_who_resumes_is_told_of_nothing_that_the_disk_does_not_say_to_hold(tmp_path: Path) -> None:
    """A killed endpoint wrote ticks that nobody has synced: they are synced before they are counted."""
    with open_desk(tmp_path) as desk:
        Talk(desk).tick(7)
    disk = Disk()
    with _desk(tmp_path, disk) as desk:
        disk.failures = 1
        with pytest.raises(OSError, match="Input/output error"):
            say(LiveSession(desk, DAY), RESUME)
