"""Everything a running endpoint holds, and how routes get at it."""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from fastapi import HTTPException

from serving.endpoint.access.gate import Gate
from serving.endpoint.feed.desk import Desk
from serving.endpoint.feed.sessions import Sessions
from serving.endpoint.group import Group
from serving.endpoint.journal.journals import Journals
from serving.endpoint.journal.room import Limits
from serving.endpoint.models.store import ModelStore
from serving.endpoint.readiness import Readiness, SaneClock, WritableFolder
from serving.endpoint.telemetry.counters import Counters
from serving.endpoint.telemetry.traces import Tracer, open_tracer
from serving.endpoint.watch.watches import Watches
from ticklake_assets.core.errors import DataError, SetupError, TicklakeError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.files import locked
from ticklake_assets.notices import Notices
from ticklake_assets.settings import Settings

_LOG = logging.getLogger("ticklake.endpoint")
_TIDIED_EVERY_S = 60.0
_FIRST_DAY = date(1970, 1, 1)
"""Times are microseconds since then; no market has quotes from before."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Endpoint:
    gate: Gate
    models: ModelStore
    sessions: Sessions
    counters: Counters
    readiness: Readiness
    notices: Notices
    tracer: Tracer | None
    """None where no exporter is configured."""
    watches: Watches
    group: Group
    held: ExitStack
    """The lock of the folder: two writers would mix their ticks in one journal."""

    @property
    def journals(self) -> Journals:
        return self.sessions.desk.journals

    @classmethod
    def open(cls, settings: Settings) -> Endpoint:
        """Read the tokens and the models of an earlier run; days come back from their journals when asked for."""
        home, group = settings.endpoint_home, Group.of(settings.endpoint_symbols)
        home.mkdir(parents=True, exist_ok=True)
        held = ExitStack()
        held.enter_context(locked(home / "endpoint.lock", partial(_refuse_second, home)))
        counters = Counters()
        models = ModelStore(
            home / "models",
            settings.keys_dir,
            expires_days=settings.model_expires_days,
            most_shadows=settings.model_shadows,
            group=group,
        )
        limits = Limits(settings.journal_most_bytes, settings.journal_free_bytes, settings.journal_keep_days)
        journals = Journals(settings.journals, settings.journal_durability, limits)
        notices, tracer = Notices.of(settings), open_tracer(settings)
        skew_us = round(settings.endpoint_skew_s * 1e6)
        watches = Watches(home / "watch", models, group)
        desk = Desk(models, counters, journals, watches, notices=notices, tracer=tracer, skew_us=skew_us)
        readiness = Readiness()
        readiness.add("clock", SaneClock())
        readiness.add("journal", WritableFolder(journals.root))
        readiness.add("models", lambda: f"{len(list(models.all())) or 'none'} in service")
        gate, sessions = Gate(settings.keys_dir), Sessions(desk)
        return cls(gate, models, sessions, counters, readiness, notices, tracer, watches, group, held)

    async def keep_up(self) -> None:
        """Seal the days that are over and remove what is older than is kept; for as long as the endpoint runs."""
        while True:
            try:
                # Years of folders take a second to look through: not on the loop of the ticks.
                over = await asyncio.to_thread(list, self.journals.over())
                self.sessions.seal_over(over)
                outdated = await asyncio.to_thread(list, self.journals.outdated())
                self.journals.room.remove(outdated)
            except (OSError, TicklakeError) as error:
                _LOG.warning("The journals were not tidied up: %s", error)
            await asyncio.sleep(_TIDIED_EVERY_S)

    def close(self) -> None:
        """Close streams, make their journals durable, and send what telemetry still holds, seconds at most."""
        self.sessions.close()
        self.sessions.desk.close()
        self.notices.close()
        if self.tracer is not None:
            self.tracer.close()
        self.held.close()


def _refuse_second(home: Path) -> None:
    raise SetupError(f"An endpoint runs already on {home}. Expected one a folder (TICKLAKE_ENDPOINT_DIR)")


def requested_day(symbol: str, trading_day: str) -> SymbolDay:
    """The symbol-day that an address names; 404 where there cannot be one, before anything is made for it.

    Days are from 1970-01-01 to tomorrow, UTC: a client's clock may be ahead. A closed day, a Saturday say, is one, too:
    quotes outside of sessions are odd and no error.
    """
    try:
        known = instrument_of(symbol).symbol
        if not _DAY.fullmatch(trading_day):
            raise ValueError(f"Expected YYYY-MM-DD, was {trading_day[:20]!r}")
        day, last = date.fromisoformat(trading_day), datetime.now(UTC).date() + timedelta(days=1)
        if not _FIRST_DAY <= day <= last:
            raise ValueError(f"Expected a day from {_FIRST_DAY} to {last}, tomorrow, was {day}")
    except (DataError, ValueError) as error:
        raise HTTPException(404, f"No symbol-day {symbol[:40]}|{trading_day[:20]}: {error}") from error
    return SymbolDay(known, day)
