"""When somebody asked for the failed days of a symbol to be tried again, as the instance remembers it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import dagster as dg

from ticklake_assets.core.instruments import INSTRUMENTS

_KEY = "ticklake/retry/"


def ask_again(instance: dg.DagsterInstance, symbols: Iterable[str]) -> None:
    """From now on what failed before counts no more: the raw sensor tries it at its next look."""
    now = datetime.now(UTC).isoformat()
    for symbol in symbols:  # of several at once, those that are new are lost where one is not
        instance.run_storage.set_cursor_values({_KEY + symbol: now})


def asked_again(instance: dg.DagsterInstance) -> dict[str, datetime]:
    """The last time for each symbol that was asked for."""
    held = instance.run_storage.get_cursor_values({_KEY + symbol for symbol in INSTRUMENTS})
    return {key.removeprefix(_KEY): datetime.fromisoformat(text) for key, text in held.items()}
