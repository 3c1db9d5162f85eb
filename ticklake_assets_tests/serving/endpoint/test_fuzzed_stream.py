"""A stream that is spoken to by nobody sane: each message is answered, and what is refused has moved nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection

from serving.endpoint.feed.messages import COLUMNS
from ticklake_assets.journal.reading import read_journal
from ticklake_assets.journal.records import NO_SEQ
from ticklake_assets_tests.serving.endpoint.fuzzed_messages import Fuzzer
from ticklake_assets_tests.serving.endpoint.talking import hear, open_socket
from ticklake_assets_tests.serving.endpoint.wire_schemas import CLIENTS, SERVERS, complaints, kinds_of
from ticklake_assets_tests.serving.recorded_day import DAY
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint

_NO_TEXT, _TOO_LARGE = 1007, 1009
_PATH = f"/v1/stream/{DAY.symbol}/{DAY.trading_day}"
_MANY = 10_000
_JUDGED = 100_000
"""Longest message that the schemas judge: jsonschema takes seconds for the largest."""
_Row = tuple[Any, ...]


class Interview:
    """One client of an endpoint, and what it was told."""

    def __init__(self, endpoint: RunningEndpoint) -> None:
        self._endpoint = endpoint
        self._connection = self._connect()
        self.stands = self._ask_where_it_stands()
        self.accepted: set[_Row] = set()
        self.kinds: Counter[str] = Counter()

    def close(self) -> None:
        self._connection.close()

    def say(self, message: str | bytes, *, is_text: bool) -> None:
        """Say something and hold the answer against the schemas, and a refusal against where the stream stood."""
        journaled = self._journaled
        try:
            self._connection.send(message, text=is_text)
            told = hear(self._connection)
        except ConnectionClosedError as closed:
            self._closed(message, closed)
            self.kinds["closed"] += 1
        else:
            assert len(kinds_of(told, SERVERS)) == 1, complaints(told, SERVERS)
            self.kinds["refused" if told.get("type") == "error" else "accepted"] += 1
            if told.get("type") != "error":
                self._took(message)
                self.stands = self._ask_where_it_stands()
                return
        assert self._ask_where_it_stands() == self.stands, message[:300]
        assert self._journaled == journaled

    def _took(self, message: str | bytes) -> None:
        body = json.loads(message)
        if len(message) < _JUDGED:
            assert len(kinds_of(body, CLIENTS)) == 1, (message[:300], complaints(body, CLIENTS))
        if "seq" in body:
            self.accepted |= set(_rows(body))

    def _closed(self, message: str | bytes, closed: ConnectionClosedError) -> None:
        """The two ends that are documented: no UTF-8, and more than 4 MiB."""
        code = None if closed.rcvd is None else closed.rcvd.code
        if isinstance(message, bytes):
            with pytest.raises(UnicodeDecodeError):
                message.decode()
            assert code == _NO_TEXT
        else:
            assert len(message) > 4 * 1024 * 1024, message[:300]
            assert code in (_TOO_LARGE, None)  # none where the connection was gone before all of it was sent
        self._connection = self._connect()

    def _connect(self) -> ClientConnection:
        return open_socket(self._endpoint, _PATH)

    def _ask_where_it_stands(self) -> dict[str, Any]:
        self._connection.send('{"type":"resume"}')
        return hear(self._connection)

    @property
    def _journaled(self) -> int:
        return sum(path.stat().st_size for path in self._endpoint.settings.journals.rglob("*.journal"))


def _rows(body: dict[str, Any]) -> list[_Row]:
    """Numbered ticks of a message that was taken in, each value as its float64 or int64 says."""
    if "rows" in body:
        rows = body["rows"]
    else:
        columns = [body[name] for name in COLUMNS]
        rows = list(zip(*columns, strict=True)) if body.get("type") == "ticks" else [columns]
    return [
        (body["seq"] + at, row[0], *(None if value is None else repr(float(value)) for value in row[1:]))
        for at, row in enumerate(rows)
    ]


def _journaled_rows(root: Path) -> set[_Row]:
    """Of all streams together; in each the numbers ascend, so no tick is there twice."""
    found: set[_Row] = set()
    for path in root.rglob("*.journal"):
        last_seq = -1
        for batch in read_journal(path).batches:
            if batch.first_seq == NO_SEQ:
                continue
            assert batch.first_seq > last_seq
            last_seq = batch.last_seq
            missing = [(batch.ticks.missing & bit).astype(bool) for bit in (1, 2, 4, 8, 16)]
            seqs = batch.first_seq + np.arange(len(batch.codes))
            for at, seq in enumerate(seqs.tolist()):
                values = [column[at].item() for column in batch.ticks[:5]]
                kept = [None if gone[at] else value for gone, value in zip(missing, values, strict=True)]
                found.add((seq, kept[0], *(None if value is None else repr(value) for value in kept[1:])))
    return found


def _fuzz(home: Path, seed: int, count: int) -> None:
    with running_endpoint(home) as endpoint:
        interview, fuzzer = Interview(endpoint), Fuzzer(seed)
        interview.say('{"type":"start","complete":true}', is_text=True)
        for _ in range(count):
            message = fuzzer.message(interview.stands["last_seq"])
            interview.say(message, is_text=isinstance(message, str) or b'"seq"' in message)
        for message in fuzzer.large((interview.stands["last_seq"] or 0) + 1):
            interview.say(message, is_text=True)
        interview.close()
        assert endpoint.get("/healthz").status_code == 200
        assert endpoint.get("/v1/stats").json()["malformed"] == interview.kinds["refused"]
        assert interview.kinds["closed"] >= 1
        assert min(interview.kinds["accepted"], interview.kinds["refused"]) > count / 5
        assert interview.stands["trading_day"] > DAY.trading_day.isoformat()
        assert _journaled_rows(endpoint.settings.journals) == interview.accepted


def test_some_hundred_messages(tmp_path: Path) -> None:
    _fuzz(tmp_path, seed=1, count=800)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_many_messages(tmp_path: Path, seed: int) -> None:
    _fuzz(tmp_path, seed, _MANY)
