"""The conversation about one symbol-day: its messages and their order, across lost connections."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from serving.endpoint.live_day import LiveDay
from serving.endpoint.messages import Resume, Start, read_message
from ticklake_assets.core.errors import DataError


class LiveSession:
    """It outlives its connection, so that a client can come back and resume.

    `seq` counts ticks without gaps. The last tick may be sent again (its answer was lost): it gets the same
    answer and changes nothing. A gap makes the day incomplete until it is replayed from its start.
    `begin(complete)` gives the state of the day before its first tick.
    """

    def __init__(self, begin: Callable[[bool], LiveDay]) -> None:
        self._begin = begin
        self._live: LiveDay | None = None
        self._last_seq: int | None = None
        self._last_text = ""
        self._last_answer = b""

    def answer(self, text: str) -> bytes:
        """Answer one message; DataError where it cannot be used, and then nothing has changed."""
        message = read_message(text)
        if isinstance(message, Start):
            self.close()
            self._live, self._last_seq = self._begin(message.complete), None
            return self._stands("started")
        if isinstance(message, Resume):
            return self._stands("resumed")
        if message.seq == self._last_seq and text == self._last_text:
            return self._last_answer
        live = self._following(message.seq)
        self._last_answer = orjson.dumps(live.tick(message))
        self._last_seq, self._last_text = message.seq, text
        return self._last_answer

    def close(self) -> None:
        if self._live is not None:
            self._live.close()

    def _following(self, seq: int) -> LiveDay:
        """The day's state, if `seq` may come next; a gap is noted, and a start without `start` is a gap."""
        if self._live is None:
            self._live = self._begin(False)
        if self._last_seq is not None and seq != self._last_seq + 1:
            if seq <= self._last_seq:
                raise DataError(f"Field 'seq': Expected {self._last_seq + 1}, the next tick, was {seq}")
            self._live.lose(seq)
        return self._live

    def _stands(self, kind: str) -> bytes:
        complete = self._live is not None and self._live.complete
        return orjson.dumps({"type": kind, "last_seq": self._last_seq, "complete": complete})
