"""A desk with everything real, in a folder of the test; its clock is the test's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from mt5_bridge.wire.contract import Tick
from serving.endpoint.feed.desk import Desk
from serving.endpoint.feed.live_session import LiveSession
from serving.endpoint.journal.journals import Journals
from serving.endpoint.journal.room import Limits
from serving.endpoint.models.store import ModelStore
from serving.endpoint.telemetry.counters import Counters
from serving.endpoint.watch.watches import Watches
from ticklake_assets_tests.serving.recorded_day import DAY

START, RESUME = '{"type":"start","complete":true}', '{"type":"resume"}'
FAR_AHEAD_US = 4_000_000_000_000_000
"""A clock behind all ticks of the tests."""


@contextmanager
def open_desk(
    folder: Path,
    now_us: int = FAR_AHEAD_US,
    limits: Limits | None = None,
    models: ModelStore | None = None,
    journals: Journals | None = None,
) -> Iterator[Desk]:
    """Closed without a word at the end, as a killed process would leave it, but that its files are closed."""
    models = models or ModelStore(folder / "models", folder / "keys")
    limits = limits or Limits(least_free_bytes=0)
    journals = journals or Journals(folder / "journal", limits=limits)
    watches = Watches(folder / "watch", models)
    desk = Desk(models, Counters(), journals, watches, now_us=lambda: now_us)
    try:
        yield desk
    finally:
        desk.close()


def tick_at(seq: int, ts_us: int, bid: float = 1.1) -> str:
    return Tick(seq, ts_us, bid, bid + 1e-4, 1.0, 1.0).message()


def say(session: LiveSession, text: str | bytes) -> dict[str, Any]:
    """What a session answers."""
    answer: dict[str, Any] = orjson.loads(asyncio.run(session.answer(text)).text)
    return answer


@dataclass
class Talk:
    """A session and what is said to it."""

    desk: Desk
    session: LiveSession = field(init=False)

    def __post_init__(self) -> None:
        self.session = LiveSession(self.desk, DAY)

    def say(self, text: str | bytes) -> dict[str, Any]:
        return say(self.session, text)

    def tick(self, seq: int, bid: float = 1.1, ts_us: int | None = None) -> dict[str, Any]:
        return self.say(tick_at(seq, DAY.start_us + seq * 1000 if ts_us is None else ts_us, bid))

    @property
    def stands(self) -> tuple[int | None, bool]:
        answer = self.say(RESUME)
        return answer["last_seq"], answer["complete"]
