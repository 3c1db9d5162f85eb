"""docs/endpoint.md: what is out of order gets the answer that its table states, and moves no state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection

from serving.endpoint.feed.messages import MOST_TICKS
from ticklake_assets.core.symbol_day import MICROS_PER_DAY
from ticklake_assets_tests.serving.endpoint.talking import open_socket, say
from ticklake_assets_tests.serving.recorded_day import DAY, RecordedDay
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, scored_endpoint
from ticklake_assets_tests.test_docs import ENDPOINT, rows

_PATH = f"/v1/stream/{DAY.symbol}/{DAY.trading_day}"
_KNOWN = 500
"""Ticks that came in before."""


class Feed:
    """A stream that took a day's first ticks in."""

    def __init__(self, endpoint: RunningEndpoint, recorded: RecordedDay) -> None:
        self.endpoint = endpoint
        ticks = [json.loads(tick.message()) for tick in recorded.ticks]
        names = ("ts_us", "bid", "ask", "bid_size", "ask_size")
        self.rows = [[tick[name] for name in names] for tick in ticks]
        self.last = max((row for row in self.rows[:_KNOWN] if _is_whole(row)), key=lambda row: row[0])
        self._seq = _KNOWN
        self.connection = self.open()
        self.say({"type": "start", "complete": True})
        self.say({"type": "ticks", "seq": 1, "rows": self.rows[:_KNOWN]})

    def open(self) -> ClientConnection:
        return open_socket(self.endpoint, _PATH)

    def say(self, message: str | bytes | dict[str, Any]) -> dict[str, Any]:
        return say(self.connection, message)

    def tick(self, **odd: Any) -> str:
        """The answer to a next tick that is odd in one way."""
        ts_us, bid, ask, _, _ = self.last
        told = {"ts_us": ts_us + 1000, "bid": bid, "ask": ask, "bid_size": 1.0, "ask_size": 7.0}
        self._seq += 1
        answer = self.say({"seq": self._seq, **told, **odd})
        if answer.get("type") == "error":
            return "`error`"
        return ", ".join(f"`{each}`" for each in (answer["status"], answer["rule"]) if each)

    def all_of(self, *odd: dict[str, Any]) -> str:
        """The one answer to several odd ticks."""
        (answer,) = {self.tick(**each) for each in odd}
        return answer

    @property
    def stands(self) -> dict[str, Any]:
        return self.say({"type": "resume"})


def _is_whole(row: list[Any]) -> bool:
    return None not in row and all(isinstance(value, int | float) for value in row) and 0 < row[1] <= row[2]


def _again(feed: Feed) -> str:
    row = {"ts_us": feed.last[0] + 1000, "bid": 1.2, "ask": 1.2001, "bid_size": 1.0, "ask_size": 7.0}
    first = feed.say({"seq": _KNOWN + 1, **row})
    assert feed.say({"seq": _KNOWN + 1, **row}) == first
    return "the answer that it had"


def _gap(feed: Feed) -> str:
    assert feed.stands["complete"] is True
    told = feed.say({"type": "ticks", "seq": _KNOWN + 5, "rows": feed.rows[_KNOWN:]})
    assert (told["type"], feed.stands["complete"]) == ("ack", False)
    assert all("incomplete_day" in signal["abstain"] for signal in told["signals"])
    return "taken in; `complete` is false from then on"


def _closed(feed: Feed, message: str | bytes) -> int | None:
    with pytest.raises(ConnectionClosedError) as closed:  # noqa: PT012 - either may find it closed
        feed.connection.send(message, text=True)
        feed.connection.recv(timeout=30)
    feed.connection = feed.open()
    return None if closed.value.rcvd is None else closed.value.rcvd.code


def _large(feed: Feed) -> str:
    assert _closed(feed, "9" * (4 * 1024 * 1024 + 1)) in (1009, None)
    return "closed with 1009, or cut"


def _refused(feed: Feed, *paths: str) -> str:
    statuses = set()
    for path in paths:
        with pytest.raises(InvalidStatus) as refusal:
            open_socket(feed.endpoint, path)
        statuses.add(refusal.value.response.status_code)
        assert list(json.loads(refusal.value.response.body or b"")) == ["error"]
    (status,) = statuses
    return f"HTTP {status}"


def _errors(feed: Feed, *messages: str | bytes | dict[str, Any]) -> str:
    assert {feed.say(message)["type"] for message in messages} == {"error"}
    return "`error`"


def _duplicate(feed: Feed) -> str:
    ts_us, bid, ask, bid_size, ask_size = feed.last
    return feed.tick(ts_us=ts_us, bid=bid, ask=ask, bid_size=bid_size, ask_size=ask_size)


_ROW = [1, 1.0, 1.0, 1.0, 1.0]
_CASES: dict[str, Callable[[Feed], str]] = {
    "a tick older than the last well-formed one": lambda f: f.tick(ts_us=f.last[0] - 1),
    "a tick more than `TICKLAKE_ENDPOINT_SKEW_S` ahead of the clock": lambda f: f.tick(ts_us=4 * 10**15),
    "a quote again, under the next number": _duplicate,
    "a message again, as it was": _again,
    "other ticks under an accepted number": lambda f: _errors(f, {"type": "ticks", "seq": 3, "rows": [_ROW]}),
    "bid, ask or size NaN or infinite": lambda f: f.all_of(
        {"bid": "nan"}, {"ask": "inf"}, {"ask_size": "-inf"}
    ),
    "bid or ask zero or negative, a size negative": lambda f: f.all_of(
        {"bid": 0}, {"bid": -1}, {"bid_size": -1}
    ),
    "bid above ask": lambda f: f.tick(bid=1.5),
    "bid, ask or time missing": lambda f: f.all_of({"ts_us": None}, {"bid": None}, {"ask": None}),
    "an absurd price, far from those before": lambda f: f.tick(bid=5.0, ask=5.0001),
    "a tick of another day that turns none": lambda f: f.all_of(
        {"ts_us": DAY.start_us - 1}, {"ts_us": DAY.end_us + 9 * MICROS_PER_DAY}, {"ts_us": 0}
    ),
    "a gap in `seq`": _gap,
    "a value of a wrong type, a field too many or too few, no JSON": lambda f: _errors(
        f, {"seq": 1}, {"seq": "1"}, {"type": "halt"}, {"type": "backfilled", "now": 1}, "{", "NaN", "7"
    ),
    "more than 16,384 ticks, or none": lambda f: _errors(
        f, *({"type": "ticks", "seq": _KNOWN + 1, "rows": [_ROW] * count} for count in (MOST_TICKS + 1, 0))
    ),
    "a binary frame": lambda f: _errors(f, b'{"type":"resume"}'),
    "text that is no UTF-8": lambda f: f"closed with {_closed(f, bytes([0x7B, 0xFF]))}",
    "a message of more than 4 MiB": _large,
    "an unknown symbol, or no date": lambda f: _refused(
        f, "/v1/stream/ABCDEF/2024-01-17", "/v1/stream/SYNEUR/today"
    ),
    "a second client of the same feed": lambda f: _refused(f, _PATH),
}
_TAKEN_IN = ("`quarantined`", "`late`", "`future`", "taken in", "the answer that it had")


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with scored_endpoint(tmp_path_factory.mktemp("home")) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def undisturbed(endpoint: RunningEndpoint, recorded: RecordedDay) -> dict[str, Any]:
    """Signals of the ticks behind, where nothing odd came before them."""
    feed = Feed(endpoint, recorded)
    told = feed.say({"type": "ticks", "seq": _KNOWN + 1, "rows": feed.rows[_KNOWN:]})
    feed.connection.close()
    return {signal["ts_us"]: _content(signal) for signal in told["signals"]}


def _content(signal: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in signal.items() if name != "seq"}


def test_the_page_has_these_rows() -> None:
    assert [cells[0] for cells in rows(ENDPOINT, "what comes")] == list(_CASES)


@pytest.mark.parametrize("what", _CASES)
def test_each_has_its_answer_and_moves_nothing(
    what: str, endpoint: RunningEndpoint, recorded: RecordedDay, undisturbed: dict[str, Any]
) -> None:
    told = dict(cells[:2] for cells in rows(ENDPOINT, "what comes"))
    feed = Feed(endpoint, recorded)
    before = feed.stands
    try:
        assert _CASES[what](feed) == told[what]
        if not told[what].startswith(_TAKEN_IN):
            assert feed.stands == before
        if told[what] == "`error`" or re.match("`(late|future)|HTTP|closed", told[what]):
            seq = feed.stands["last_seq"] + 1
            after = feed.say({"type": "ticks", "seq": seq, "rows": feed.rows[_KNOWN:]})
            assert {signal["ts_us"]: _content(signal) for signal in after["signals"]} == undisturbed
    finally:
        feed.connection.close()
