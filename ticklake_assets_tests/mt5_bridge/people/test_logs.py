"""The log of a running bridge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mt5_bridge.errors import SetupError
from mt5_bridge.people.logs import FILE, logs_to
from mt5_bridge.running.events import Answered, Became, EventStream, Lost, Part, Refused, Started
from mt5_bridge.wire.contract import Answer, Tick


def test_an_event_is_a_line_in_the_file_and_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = EventStream()
    with logs_to(tmp_path) as listener:
        events.subscribe(listener)
        events.publish(Started(1_705_492_800_000_000, "demo", "demo account 7"))
        events.publish(
            Answered(1, "EURUSD", Tick(1, 1, 1.0, 1.1, 1, 1), Answer(1, "clean", None, None), 0.001)
        )
        events.publish(Lost(2, Part.ENDPOINT, "EURUSD", "it does not answer"))
        events.publish(Refused(3, "EURUSD", "aa", "daily_loss", "2 % of the day are gone"))
        events.publish(Became(4, "EURUSD", "aa", "declined", "daily_loss"))
    kept = [json.loads(line) for line in (tmp_path / FILE).read_text().splitlines()]
    assert [each["event"] for each in kept] == ["started", "lost", "intent refused", "became"]
    assert [each["level"] for each in kept] == ["info", "warning", "info", "info"]
    assert kept[0]["market_time"] == "2024-01-17T12:00:00.000+00:00"
    assert (kept[1]["part"], kept[1]["reason"]) == ("endpoint", "it does not answer")
    assert (kept[2]["intent_id"], kept[2]["reason"]) == ("aa", "daily_loss")
    assert [json.loads(line) for line in capsys.readouterr().err.splitlines()] == kept


def test_nothing_is_written_after_the_block(tmp_path: Path) -> None:
    with logs_to(tmp_path) as listener:
        pass
    listener(Started(1, "demo", "demo account 7"))
    assert (tmp_path / FILE).read_text() == ""


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(SetupError, match=r"bridge.log: .*Expected a folder that can be written"),
        logs_to(tmp_path / "file"),
    ):
        pass
