"""People are told of what a running bridge loses or stops for, by the addresses of TICKLAKE_NOTIFY."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from mt5_bridge.people.notices import notify
from mt5_bridge.running.events import Event, Halted, Lost

_SECONDS = 600.0
"""The same trouble is told once in so long."""


class PeopleListener:
    """Each notice has a thread: a service that hangs holds nothing up."""

    def __init__(self, send: Callable[[str, str], object] = notify) -> None:
        self._send = send
        self._told: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case Lost():
                what, why = f"{event.part} lost", event.reason
            case Halted():
                what, why = "entries stopped", event.reason
            case _:
                return
        title = f"ticklake-bridge: {what}{f', {event.symbol}' if event.symbol else ''}"
        now = monotonic()
        if now - self._told.get(title, -_SECONDS) >= _SECONDS:
            self._told[title] = now
            threading.Thread(target=self._send, args=(title, why), daemon=True).start()
