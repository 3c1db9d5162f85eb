"""The endpoint's log: a JSON line an event to stderr, or coloured text on a terminal; never a secret, never a wait.

    LOG = get_log("ticklake.endpoint")
    with bound(request_id=...):
        LOG.info("bundle pushed", symbol="EURUSD", bundle=digest)

Whoever logs only puts a record into a bounded queue. A thread renders and writes it, so that a slow reader of stderr
does not hold up the loop; what finds the queue full is counted and told later.
"""

from __future__ import annotations

import logging
import logging.handlers
import queue
import re
import threading
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog
from structlog.contextvars import bound_contextvars, get_contextvars
from structlog.stdlib import BoundLogger, ProcessorFormatter

from ticklake_assets.credentials import hidden

MOST_WAITING = 10_000
_BEARER = re.compile(r"(?i)\b(bearer)\s+\S+")
_SECRET_NAME = re.compile(r"(?i)token|password|secret|authorization|api_?key|cookie")
_LEAST_OF_OTHERS = logging.WARNING
"""Level of libraries, unless the endpoint's own is `debug`: uvicorn tells of every connection."""

_SIGNALS = logging.getLogger("ticklake.endpoint.signals")
_OF_A_SIGNAL = ("signal_id", "symbol", "ts_us", "side", "abstain", "tradable", "bundle")

bound = bound_contextvars
"""`with bound(request_id=...)`: what every log line of the block and the tasks it starts carries."""


def get_log(name: str) -> BoundLogger:
    """A logger of the endpoint; its lines go wherever logging goes while nothing is set up, as in tests."""
    log: BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.format_exc_info,  # here, as the writer's thread has no error
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=BoundLogger,
        cache_logger_on_first_use=True,
    )
    return log


def log_signal(signal: Mapping[str, Any]) -> None:
    """Log a signal that is sent: at `info` where it may be traded, else at `debug`, which costs nothing when off."""
    may_trade = signal["tradable"] and signal["side"] != "none" and not signal["abstain"]
    if _SIGNALS.isEnabledFor(level := logging.INFO if may_trade else logging.DEBUG):
        get_log(_SIGNALS.name).log(level, "signal", **{name: signal[name] for name in _OF_A_SIGNAL})


@contextmanager
def logs_to(stream: TextIO, level: str, last_words_s: float = 3.0) -> Iterator[None]:
    """All logging of the process to `stream`, from `level` on, until the block ends.

    What waits then is written, for at most `last_words_s`: nobody may be reading.
    """
    root, own = logging.getLogger(), logging.getLogger("ticklake")
    before = root.handlers, root.level, own.level
    waiting = _Waiting(queue.Queue(MOST_WAITING))
    writer = logging.StreamHandler(stream)
    writer.setFormatter(_formatter(readable=stream.isatty()))
    listener = logging.handlers.QueueListener(waiting.queue, writer)
    root.handlers = [waiting]
    own.setLevel(level.upper())
    root.setLevel(own.level if level == "debug" else max(_LEAST_OF_OTHERS, own.level))
    listener.start()
    try:
        yield
    finally:
        stopping = threading.Thread(target=_stop, args=(listener,), daemon=True)
        stopping.start()
        stopping.join(last_words_s)
        root.handlers = before[0]
        root.setLevel(before[1])
        own.setLevel(before[2])


def _stop(listener: logging.handlers.QueueListener) -> None:
    with suppress(queue.Full):
        listener.stop()


class _Waiting(logging.handlers.QueueHandler):
    """Keeps records as they are, with what is bound where they are made: rendering is the writer's work."""

    dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        record.bound = get_contextvars()
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            if self.dropped:
                self.queue.put_nowait(_warning(f"{self.dropped} log lines were dropped: stderr was not read"))
                self.dropped = 0
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1


def _warning(text: str) -> logging.LogRecord:
    told = {"name": __name__, "levelno": logging.WARNING, "levelname": "WARNING", "msg": text}
    return logging.makeLogRecord(told)


def _formatter(*, readable: bool) -> ProcessorFormatter:
    renderer: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback, sort_keys=False)
        if readable
        else structlog.processors.JSONRenderer(default=str)
    )
    return ProcessorFormatter(
        foreign_pre_chain=[structlog.processors.format_exc_info],
        processors=[_placed, ProcessorFormatter.remove_processors_meta, _masked, renderer],
    )


def _placed(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """When, how grave and where, before what is said; then what is bound, and what the line adds."""
    record: logging.LogRecord = event["_record"]
    return {
        "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": event.pop("event"),
        **getattr(record, "bound", {}),
        **event,
    }


def _masked(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: _mask(name, value) for name, value in event.items()}


def _mask(name: str, value: Any) -> Any:
    if _SECRET_NAME.search(name):
        return "***"
    if isinstance(value, Mapping):
        return {key: _mask(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_mask("", each) for each in value]
    if isinstance(value, int | float | None):
        return value
    return _BEARER.sub(r"\1 ***", hidden(str(value)))
