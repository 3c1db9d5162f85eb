"""The symbol-days that are being streamed, each by one client at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.endpoint.counters import Counters
from serving.endpoint.live_day import LiveDay
from serving.endpoint.live_session import LiveSession
from serving.endpoint.model_store import ModelStore
from ticklake_assets.core.errors import TransientError
from ticklake_assets.core.symbol_day import SymbolDay

_MOST_IDLE = 64
"""Sessions kept for clients that may come back; older ones are rebuilt by replaying their day."""


class Sessions:
    """Sessions by symbol-day, the least recently claimed first."""

    def __init__(self, models: ModelStore, counters: Counters, served: Path) -> None:
        self._models = models
        self._counters = counters
        self._served = served
        self._idle: dict[SymbolDay, LiveSession] = {}
        self._claimed: set[SymbolDay] = set()

    @contextmanager
    def claim(self, day: SymbolDay) -> Iterator[LiveSession]:
        """Hold a day's session; TransientError where another client holds it.

        A session that fails in the middle of a message is forgotten, since its state is unknown.
        """
        if day in self._claimed:
            raise TransientError(f"{day} has a client already. Expected one, was a second")
        session = self._idle.pop(day, None) or self._new(day)
        self._claimed.add(day)
        try:
            yield session
        except BaseException:
            session.close()
            raise
        else:
            self._keep(day, session)
        finally:
            self._claimed.discard(day)

    def close(self) -> None:
        for session in self._idle.values():
            session.close()
        self._idle.clear()

    def _new(self, day: SymbolDay) -> LiveSession:
        return LiveSession(
            lambda complete: LiveDay(day, self._models, self._counters, self._served, complete=complete)
        )

    def _keep(self, day: SymbolDay, session: LiveSession) -> None:
        self._idle[day] = session
        while len(self._idle) > _MOST_IDLE:
            self._idle.pop(next(iter(self._idle))).close()
