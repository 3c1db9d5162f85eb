"""What takes long to ask, kept for all who look: nobody waits for it twice, and one thread at a time asks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
_REST = 10.0
"""Times as long as a look took until the next: what is large is looked at less often, and never all the time."""
_LOG = logging.getLogger("ticklake.pages")


class Refreshed(Generic[T]):
    """The newest value of `ask`; one that is older than `every_s` is given once more while a thread asks anew.

    What takes long to ask is asked less often.
    """

    def __init__(self, ask: Callable[[], T], every_s: float) -> None:
        self._ask, self._every_s = ask, every_s
        self._held: tuple[float, T] | None = None
        self._took_s = 0.0
        self._asking = threading.Lock()
        self._ended = threading.Event()
        """The first time has ended, well or not."""
        self.error: Exception | None = None
        """Why the last refresh failed; None where it did not."""

    @property
    def age_s(self) -> float | None:
        """Seconds since it was asked; None before the first time."""
        return time.monotonic() - self._held[0] if self._held else None

    @property
    def problem(self) -> str:
        """Why there is no value; empty where there was one: what was read stays, with its age."""
        return str(self.error) if self.error and self._held is None else ""

    @property
    def now(self) -> T | None:
        """Without any wait: the value, or None before the first one has come. Asks anew in the background."""
        age_s = self.age_s
        if (age_s is None or age_s > max(self._every_s, _REST * self._took_s)) and self._asking.acquire(
            blocking=False
        ):
            threading.Thread(target=self._refresh, daemon=True, name="refresh").start()
        return self._held[1] if self._held else None

    def within(self, seconds: float) -> T | None:
        """The same, with so long a wait for the first value."""
        if self.now is None:
            self._ended.wait(seconds)
        return self._held[1] if self._held else None

    @property
    def value(self) -> T:
        """The value; only the first who ask wait for it, and get its error."""
        if self._held is None:
            with self._asking:
                if self._held is None:
                    self._look()
        self.now  # noqa: B018 - asks anew where it is old
        assert self._held is not None, "it was looked for, or raised"
        return self._held[1]

    def _refresh(self) -> None:
        """The lock was taken by who has started this thread."""
        try:
            self._look()
        except Exception as error:
            self.error = error
            _LOG.exception("Could not refresh; the value of before is shown")
        finally:
            self._asking.release()
            self._ended.set()

    def _look(self) -> None:
        began = time.monotonic()
        self._held, self.error = (began, self._ask()), None
        self._took_s = time.monotonic() - began
