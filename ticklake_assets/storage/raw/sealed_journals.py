"""The endpoint's journals in the lake: a sealed day's bytes as they were streamed, and never others.

The seal's *name* carries the sha256, as that of a raw object does. There are no revisions: what was streamed stays.
"""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256
from typing import NoReturn

from ticklake_assets.core.day_files import journal_key
from ticklake_assets.core.errors import ImmutabilityError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.store import ObjectStore, create_or_same
from ticklake_assets.storage.raw.seals import keep_changed

SEALS = "seals/journal/"


def seal_journal(store: ObjectStore, day: SymbolDay, content: bytes) -> str:
    """Keep a sealed day's journal for ever; returns its sha256. The same bytes again are fine.

    Raises:
        ImmutabilityError: other bytes are sealed, or lie there; the other ones are kept under `quarantine/`.
    """
    key, digest = journal_key(day), sha256(content).hexdigest()
    sealed = sealed_digest(store, day)
    if sealed not in (None, digest):
        _refuse(store, key, f"sha256 {sealed}, which is sealed", content)
    try:
        create_or_same(store, key, content)
    except ImmutabilityError:
        _refuse(store, key, f"sha256 {digest}, which the endpoint sealed", store.get(key))
    facts = {"key": key, "sha256": digest, "size": len(content)}
    create_or_same(store, f"{_stem(day)}{digest}.json", json.dumps(facts).encode())
    return digest


def sealed_digest(store: ObjectStore, day: SymbolDay) -> str | None:
    """sha256 of the day's sealed journal; None where none is."""
    names = [found.key.removeprefix(_stem(day)).removesuffix(".json") for found in store.list(_stem(day))]
    return names[0] if names else None


def sealed_journals(store: ObjectStore) -> set[SymbolDay]:
    """Days whose journal is in the lake."""
    names = (found.key.removeprefix(SEALS).split(".")[0].split("/") for found in store.list(SEALS))
    return {SymbolDay(symbol, date.fromisoformat(day)) for symbol, day in names}


def read_sealed_journal(store: ObjectStore, day: SymbolDay) -> bytes:
    """The sealed bytes, hashed again.

    Raises:
        MissingDataError: the day's journal is not in the lake.
        ImmutabilityError: the object changed after it was sealed.
    """
    sealed = sealed_digest(store, day)
    if sealed is None:
        raise MissingDataError(f"Journal of {day}. Expected a sealed one, was none: materialize ops/journal")
    content = store.get(journal_key(day))
    if sha256(content).hexdigest() != sealed:
        _refuse(store, journal_key(day), f"sha256 {sealed}, which is sealed", content)
    return content


def _stem(day: SymbolDay) -> str:
    return f"{SEALS}{day.symbol}/{day.trading_day}."


def _refuse(store: ObjectStore, key: str, expected: str, found: bytes) -> NoReturn:
    kept = keep_changed(store, key, found)
    raise ImmutabilityError(
        f"{key} is another journal. Expected {expected}, was {sha256(found).hexdigest()}: kept as {kept}"
    )
