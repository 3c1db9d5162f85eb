"""Those who talk to the endpoint while it is killed and comes back: feeds, and subscribers who only read."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from ticklake_assets_tests.serving.endpoint.long_day.market import FIRST, Rows
from ticklake_assets_tests.serving.running_endpoint import bearer

_GONE = (ConnectionClosed, InvalidHandshake, OSError, EOFError)
_PAUSE_S = 0.02
_MOST = 4096


class Line:
    """Where the endpoint is now, and what time it is in the market."""

    def __init__(self, start_us: int, speed: float) -> None:
        self.url: str | None = None
        self.token = ""
        self.speed = speed
        self.is_over = False
        self._start_us = start_us
        self.restart_clock()

    def restart_clock(self) -> None:
        self._began_s = time.monotonic()

    def wait_for(self, ts_us: int) -> None:
        """Until it is so late in the market."""
        while (left_us := ts_us - self.now_us()) > 0:
            time.sleep(min(left_us / 1e6 / self.speed, 0.05))

    def now_us(self) -> int:
        return self._start_us + round((time.monotonic() - self._began_s) * self.speed * 1e6)

    def open(self, path: str) -> ClientConnection:
        if self.url is None:
            raise ConnectionRefusedError("the endpoint is down")
        address = self.url.replace("http", "ws") + path
        return connect(address, additional_headers=bearer(self.token), proxy=None, max_size=None)


class _Client(threading.Thread):
    """It comes back after each lost connection; what else fails in it is in `fault`."""

    def __init__(self, line: Line, symbol: str) -> None:
        super().__init__(daemon=True)
        self.line, self.symbol = line, symbol
        self.fault: Exception | None = None
        self.connections = 0

    def run(self) -> None:
        try:
            while not (self.line.is_over or self.is_done()):
                try:
                    self.talk()
                except _GONE:
                    time.sleep(_PAUSE_S)
        except Exception as error:
            self.fault = error

    def is_done(self) -> bool:
        raise NotImplementedError

    def talk(self) -> None:
        raise NotImplementedError


class Feed(_Client):
    """Sends what came in since its last batch."""

    def __init__(self, line: Line, symbol: str, rows: Rows) -> None:
        super().__init__(line, symbol)
        self.rows = rows
        self.acknowledged = 0
        self.signals: list[dict[str, Any]] = []
        self.resumed_at: list[int] = []
        """Last acknowledged `seq` at each return."""

    def is_done(self) -> bool:
        return self.acknowledged >= len(self.rows)

    def talk(self) -> None:
        with self.line.open(f"/v1/stream/{self.symbol}/{FIRST}") as stream:
            stands = _ask(stream, {"type": "resume", "acknowledged": self.acknowledged})
            if stands["last_seq"] is None:
                assert self.acknowledged == 0, f"{self.symbol}: acknowledged ticks are gone"
                stands = _ask(stream, {"type": "start", "complete": True})
            assert (stands["last_seq"] or 0) >= self.acknowledged, (
                f"{self.symbol}: acknowledged ticks are gone"
            )
            assert stands["complete"], stands
            self.connections += 1
            self.resumed_at.append(self.acknowledged)
            self._told(stands, stands["last_seq"] or 0)
            while not self.is_done():
                self._send_due(stream)

    def _send_due(self, stream: ClientConnection) -> None:
        sent, now_us = self.acknowledged, self.line.now_us()
        end = sent
        while end < min(sent + _MOST, len(self.rows)) and self.rows[end][0] <= now_us:
            end += 1
        if end == sent:
            time.sleep(_PAUSE_S)
            return
        said = _ask(stream, {"type": "ticks", "seq": sent + 1, "rows": self.rows[sent:end]})
        assert said["type"] == "ack", said
        self._told(said, said["seq"])

    def _told(self, answer: dict[str, Any], seq: int) -> None:
        self.signals += answer.get("signals", ())
        self.acknowledged = seq


class Subscriber(_Client):
    """Reads a symbol's signals from the first on, and after each return those since the last."""

    def __init__(self, line: Line, symbol: str, is_over: Callable[[], bool]) -> None:
        super().__init__(line, symbol)
        self.ids = [f"{FIRST}.0000.000000000"]
        self.signals: list[dict[str, Any]] = []
        self.is_done = is_over  # type: ignore[method-assign]

    def talk(self) -> None:
        with self.line.open(f"/v1/signals/{self.symbol}?after={self.ids[-1]}") as stream:
            self.connections += 1
            while not self.is_done():
                try:
                    told = json.loads(stream.recv(timeout=0.2))
                except TimeoutError:
                    continue
                self.ids.append(told["id"])
                self.signals.append(told["signal"])


def _ask(stream: ClientConnection, message: dict[str, Any]) -> dict[str, Any]:
    stream.send(json.dumps(message))
    told: dict[str, Any] = json.loads(stream.recv(timeout=60))
    return told
