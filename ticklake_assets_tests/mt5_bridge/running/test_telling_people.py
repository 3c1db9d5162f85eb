from __future__ import annotations

import queue

import pytest

from mt5_bridge.running.events import Back, Halted, Lost, Part, Released, Started
from mt5_bridge.running.telling_people import PeopleListener


def test_people_hear_of_each_trouble_once_and_of_nothing_else() -> None:
    told: queue.Queue[tuple[str, str]] = queue.Queue()
    listener = PeopleListener(lambda title, text: told.put((title, text)))
    for event in (
        Started(1, "demo", "account"),
        Lost(2, Part.TERMINAL, None, "gone"),
        Back(3, Part.TERMINAL, None),
        Lost(4, Part.TERMINAL, None, "gone"),
        Released(5, "EURUSD"),
    ):
        listener(event)
    assert told.get(timeout=10) == ("ticklake-bridge: terminal lost", "gone")
    listener(Halted(6, "EURUSD", "foreign: position 9"))
    assert told.get(timeout=10) == ("ticklake-bridge: entries stopped, EURUSD", "foreign: position 9")
    with pytest.raises(queue.Empty):
        told.get(timeout=0.05)
