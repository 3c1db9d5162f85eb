"""Messages to people by Apprise (Telegram, mail, Slack, a webhook): few, without secrets, never in the way of work.

    notices = Notices.of(settings)
    notices.notify("breaker open", "EURUSD", "PSI of spread_pips. Expected at most 0.25, was 0.41")

A thread of its own sends, begun by the first notice; Apprise is loaded by it, so nobody waits for either.
"""

from __future__ import annotations

import atexit
import logging
import re
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple
from urllib.parse import unquote

from ticklake_assets.core.errors import SetupError, TransientError
from ticklake_assets.credentials import hidden
from ticklake_assets.settings import Settings

MOST_WAITING = 64
"""Notices that wait to be sent; those beyond are counted and logged."""
MOST_SUBJECTS = 256
"""Kinds and subjects whose windows are open at once; those beyond are counted and logged."""
_LONGEST = 2000
"""Characters of a notice: what Telegram and Slack take in one message, with room."""
_TALKATIVE = ("apprise", "urllib3.connectionpool")
_LOG = logging.getLogger("ticklake.notices")
_BETWEEN_URLS = re.compile(r"[\s,]+(?=\w+://)")
_PART = re.compile(r"[^/?&=@:,\s]{4,}")


class Notice(NamedTuple):
    """`kind` is what happened and `subject` to whom, like a symbol or a job; `held` is how often it came unsent."""

    kind: str
    subject: str
    text: str
    held: int = 0

    @property
    def title(self) -> str:
        return hidden(f"ticklake: {self.kind}: {self.subject}")

    @property
    def body(self) -> str:
        more = f"\n... and {self.held} more; this is the last of them" if self.held else ""
        return hidden(self.text or self.kind)[:_LONGEST] + more


@dataclass
class _Window:
    ends: float
    last: Notice
    held: int = 0


class RateLimit:
    """The first notice of a kind and subject goes at once; the others of its window become one when it ends."""

    def __init__(self, window_s: float, clock: Callable[[], float] = monotonic) -> None:
        self._window_s = window_s
        self._clock = clock
        self._windows: OrderedDict[tuple[str, str], _Window] = OrderedDict()
        """By their end, the next to end first."""

    def takes(self, notice: Notice) -> bool | None:
        """Whether it goes now; False where its window sums it up, None where there is no room to remember it."""
        key = notice.kind, notice.subject
        if window := self._windows.get(key):
            window.held, window.last = window.held + 1, notice
            return False
        if len(self._windows) >= MOST_SUBJECTS:
            return None
        self._windows[key] = _Window(self._clock() + self._window_s, notice)
        return True

    def wait_s(self) -> float | None:
        """Seconds until the next window ends; None without any."""
        first = next(iter(self._windows.values()), None)
        return None if first is None else max(first.ends - self._clock(), 0.0)

    def ended(self, *, every: bool = False) -> list[Notice]:
        """Close the windows that are over, or `every` one; what they held back is one notice, with a window anew."""
        due, now = [], self._clock()
        for key, window in list(self._windows.items()):
            if not every and window.ends > now:
                break
            del self._windows[key]
            if window.held:
                due.append(window.last._replace(held=window.held))
                if not every:
                    self._windows[key] = _Window(now + self._window_s, window.last)
        return due


class Notices:
    """Where `notify` puts notices; without an address it does nothing."""

    def __init__(self, urls: Sequence[str], window_s: float) -> None:
        self._urls = urls
        self._limit = RateLimit(window_s)
        self._waiting: deque[Notice] = deque()
        self._lost = 0
        self._closed = False
        self._changed = threading.Condition()
        self._sender: threading.Thread | None = None

    @classmethod
    def of(cls, settings: Settings) -> Notices:
        return cls(split_urls(settings.notify.get_secret_value()), 60 * settings.notify_minutes)

    def notify(self, kind: str, subject: str, text: str) -> None:
        """Take a notice in microseconds; it never waits and never raises. Any thread may call it."""
        if not self._urls:
            return
        notice = Notice(kind, subject, text)
        with self._changed:
            goes = self._limit.takes(notice)
            if goes is None or (goes and len(self._waiting) >= MOST_WAITING):
                self._lost += 1
            elif goes:
                self._waiting.append(notice)
            if self._sender is None and not self._closed:
                self._sender = threading.Thread(target=self._run, name="notices", daemon=True)
                self._sender.start()
                atexit.register(self.close)
            self._changed.notify()

    def close(self, timeout_s: float = 5.0) -> None:
        """Send what waits and what was held back, for at most `timeout_s`."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._sender is not None:
            self._sender.join(timeout_s)
            atexit.unregister(self.close)

    def _run(self) -> None:
        while (notices := self._next()) is not None:
            for notice in notices:
                for url in self._urls:
                    try:
                        send(url, notice)
                    except Exception as error:  # whatever a service's code does, the next notice goes out
                        _LOG.warning("A notice was not sent: %s", error)

    def _next(self) -> list[Notice] | None:
        """Wait for what is to be sent; None when closed."""
        with self._changed:
            while True:
                due = [*self._waiting, *self._limit.ended(every=self._closed)]
                self._waiting.clear()
                if self._lost:
                    _LOG.warning(
                        "%d notices were dropped. Expected at most %d to wait", self._lost, MOST_WAITING
                    )
                    self._lost = 0
                if due or self._closed:
                    return due or None
                self._changed.wait(self._limit.wait_s())


def split_urls(text: str) -> list[str]:
    """The addresses of a list with commas or spaces; a comma within one, as of two receivers, stays."""
    return [url for url in _BETWEEN_URLS.split(text.strip()) if url]


def shown(url: str) -> str:
    """All of an address that may be shown: tokens stand anywhere behind its scheme."""
    return f"{url.partition('://')[0]}://***"


def send(url: str, notice: Notice) -> None:
    """Send one notice by one address and wait for it, seconds.

    Raises:
        SetupError: the address is none of Apprise's.
        TransientError: the service did not take it.
    """
    from apprise import Apprise, NotifyType

    with _quiet() as said:
        service = Apprise.instantiate(url)
        if service is None:
            raise SetupError(
                f"TICKLAKE_NOTIFY: Expected addresses of Apprise, like tgram://BOT/CHAT, was {shown(url)}"
            )
        if not service.notify(title=notice.title, body=notice.body, notify_type=NotifyType.WARNING):
            why = _without_parts("; ".join(said), url) or "no word why"
            raise TransientError(f"{shown(url)} did not take {notice.title!r}. Expected it sent, was: {why}")


@contextmanager
def _quiet() -> Iterator[list[str]]:
    """The warnings that sending by this thread makes; none of it goes on to a log, as it may hold an address."""
    said: list[str] = []
    here = threading.get_ident()

    def keep(record: logging.LogRecord) -> bool:
        if record.thread != here:
            return True
        if record.levelno >= logging.WARNING:
            said.append(record.getMessage())
        return False

    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(keep)
    try:
        yield said
    finally:
        for name in _TALKATIVE:
            logging.getLogger(name).removeFilter(keep)


def _without_parts(text: str, url: str) -> str:
    """A text in one line without what stands in an address, of which any part may be a secret."""
    for part in sorted(_PART.findall(url.partition("://")[2]), key=len, reverse=True):
        text = text.replace(part, "***").replace(unquote(part), "***")
    return " ".join(hidden(text).split())
