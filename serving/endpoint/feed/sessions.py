"""The feeds that are being streamed, each by one client at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.endpoint.feed.desk import Desk
from serving.endpoint.feed.live_session import LiveSession
from serving.endpoint.feed.midnight import LONGEST_PAUSE_DAYS
from ticklake_assets.core.errors import DataError, TransientError
from ticklake_assets.core.symbol_day import SymbolDay

_LOG = logging.getLogger("ticklake.endpoint")
_MOST_IDLE = 64
"""Sessions kept in memory for clients that may come back; older ones come back from their journals."""


class Sessions:
    """Sessions by the day where they stand, the least recently claimed first."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._idle: dict[SymbolDay, LiveSession] = {}
        self._claimed: list[LiveSession] = []

    @property
    def claimed(self) -> int:
        return len(self._claimed)

    def __contains__(self, day: object) -> bool:
        """Whether a client holds the day: a session that turned holds the day where it stands."""
        return any(session.day == day for session in self._claimed)

    @contextmanager
    def claim(self, day: SymbolDay) -> Iterator[LiveSession]:
        """Hold the session of a day, or of the day that its stream has turned to; one client at a time.

        Raises:
            TransientError: another client holds it.
        """
        named, day = day, self._now(day)
        if day in self:
            raise TransientError(f"{day} has a client already. Expected one, was a second")
        session = self._idle.pop(day, None) or LiveSession(self.desk, day, self)
        session.named = named
        self._claimed.append(session)
        try:
            yield session
        except (
            DataError,
            TransientError,
        ):  # nothing has changed, or the session knows that its stream is broken
            self._keep(session)
            raise
        except BaseException:
            session.close()  # its state is unknown: the journal knows
            raise
        else:
            self._keep(session)
        finally:
            self._claimed.remove(session)

    def current(self, symbol: str, tick_day: SymbolDay) -> SymbolDay:
        """The day of a symbol's open feed that a tick goes on with; the tick's own day where there is none."""
        known = {each.day for each in (*self._idle.values(), *self._claimed) if each.day.symbol == symbol}
        oldest = tick_day.shifted(-LONGEST_PAUSE_DAYS)
        known |= set(self.desk.journals.open_days(symbol, oldest.trading_day))
        return max((day for day in known if oldest <= day <= tick_day), default=tick_day)

    def seal_over(self, over: Iterable[tuple[SymbolDay, Path]]) -> None:
        """Seal days that are over and rest, as `Journals.over` finds them."""
        for day, path in over:
            if day in self:
                continue
            if (session := self._idle.pop(day, None)) is not None:
                session.close()
            try:
                self.desk.journals.seal(path)
            except (OSError, DataError) as error:  # the other days are sealed all the same
                _LOG.warning("%s was not sealed: %s", day, error)

    def close(self) -> None:
        for session in (*self._idle.values(), *self._claimed):
            session.close()
        self._idle.clear()

    def _now(self, day: SymbolDay) -> SymbolDay:
        """Where a day's stream stands today: midnights may have passed since the client last knew."""
        while (later := self.desk.journals.rolled_to(day)) is not None:
            day = later
        return day

    def _keep(self, session: LiveSession) -> None:
        session.leave()
        if (older := self._idle.pop(session.day, None)) is not None:
            older.close()
        self._idle[session.day] = session
        while len(self._idle) > _MOST_IDLE:
            self._idle.pop(next(iter(self._idle))).close()
