"""A running bridge's log: one JSON object an event, in `bridge.log` of its folder and on stderr; a tick is no event.

At ten megabytes the file becomes `bridge.log.1`, and five of those stay. On a terminal, stderr has text.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from mt5_bridge.errors import SetupError
from mt5_bridge.moments import moment_of
from mt5_bridge.running.events import Answered, Event, Halted, Lost, Refused

FILE = "bridge.log"
_MOST_BYTES, _KEPT = 10_000_000, 5
_LOG = logging.getLogger("ticklake.bridge")
_GRAVE = (Lost, Halted)


class LogListener:
    """Writes what a running bridge tells."""

    def __call__(self, event: Event) -> None:
        if isinstance(event, Answered):
            return
        level = logging.WARNING if isinstance(event, _GRAVE) else logging.INFO
        _LOG.log(level, _name(event), extra={"fields": _fields(event)})


@contextmanager
def logs_to(folder: Path) -> Iterator[LogListener]:
    """A listener whose lines go to the folder's file and to stderr while the block runs."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = RotatingFileHandler(folder / FILE, maxBytes=_MOST_BYTES, backupCount=_KEPT, encoding="utf-8")
    except OSError as error:
        raise SetupError(
            f"{folder / FILE}: {error.strerror}. Expected a folder that can be written"
        ) from error
    shown = logging.StreamHandler(sys.stderr)
    kept.setFormatter(_Json())
    shown.setFormatter(_Text() if sys.stderr.isatty() else _Json())
    before = _LOG.level, _LOG.propagate
    _LOG.handlers, _LOG.propagate = [kept, shown], False
    _LOG.setLevel(logging.INFO)
    try:
        yield LogListener()
    finally:
        _LOG.handlers = []
        _LOG.level, _LOG.propagate = before
        kept.close()


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        head = {"timestamp": _moment(record), "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps({**head, **_of(record)})


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told = " ".join(f"{name}={value}" for name, value in _of(record).items() if value not in (None, ""))
        return f"{_moment(record)} {record.getMessage()} {told}"


def _name(event: Event) -> str:
    return "intent refused" if isinstance(event, Refused) else type(event).__name__.lower()


def _fields(event: Event) -> dict[str, Any]:
    fields = asdict(event)
    moment = moment_of(fields.pop("ts_us"))
    return {"market_time": moment.isoformat(timespec="milliseconds"), **fields}


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _of(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = getattr(record, "fields", {})
    return fields
