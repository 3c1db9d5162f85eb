"""What of the raw inventory gold does not hold: a comparison of listings, without memory and without reading.

Four LISTs say everything: the objects, their seals, what gold was made from, and the contents that failed.
Every look starts from them alone, so a lost, repeated or late look changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from pydantic import BaseModel

from ticklake_assets.core.day_files import RAW, parse_raw_key
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.store import ObjectStore, StoredObject
from ticklake_assets.storage.raw.seals import (
    SEALS,
    SealName,
    content_id,
    current_seal,
    newest_object,
    parse_seal_key,
)

MADE_FROM = "made_from/gold/"
REFUSALS = "refusals/"
_MARKER = re.compile(
    r"(?:made_from/gold|refusals)/([A-Z0-9]{3,12})/(\d{4}-\d{2}-\d{2})/([0-9a-f]{16}|[0-9a-f]{64})\.json"
)


class Listings(NamedTuple):
    """One look at the lake."""

    objects: tuple[StoredObject, ...]
    seals: tuple[SealName, ...]
    made_from: frozenset[tuple[SymbolDay, str]]
    """Days with the sha256 of the raw content that gold was made from."""
    refusals: frozenset[tuple[SymbolDay, str]]
    """Days with the content id of an object whose processing failed for good."""


@dataclass
class RawState:
    """Every symbol-day of the inventory in exactly one of these; the values name content or problem."""

    to_build: dict[SymbolDay, str] = field(default_factory=dict)
    """Content id of a highest revision that gold was not made from."""
    to_reseal: dict[SymbolDay, str] = field(default_factory=dict)
    """Content id of an object that changed since it was sealed, while gold holds what was sealed: sealing it again
    reads it, and finds the same bytes or other ones."""
    refused: dict[SymbolDay, str] = field(default_factory=dict)
    """Content id of an object that failed and has not changed since."""
    violated: dict[SymbolDay, str] = field(default_factory=dict)
    """What is wrong with an object whose bytes are no longer those that were sealed; they are in quarantine."""
    gone: dict[SymbolDay, str] = field(default_factory=dict)
    """Key of a sealed highest revision that was deleted before gold was made from it."""
    done: dict[SymbolDay, str] = field(default_factory=dict)
    """sha256 that gold was made from."""
    objects: int = 0
    strangers: list[str] = field(default_factory=list)
    """Keys under `raw/ticks/` that are no symbol-day's file."""

    def summary(self, in_flight: int) -> str:
        """One line for a person who asks what the sensor sees."""
        return (
            f"{self.objects} objects: {len(self.done)} days in gold, {len(self.to_build)} to build "
            f"({in_flight} in flight), {len(self.to_reseal)} to re-seal, {len(self.refused)} refused, "
            f"{len(self.violated)} violated, {len(self.gone)} gone, {len(self.strangers)} unknown names"
        )


class GoldSource(BaseModel):
    """Body of a made_from marker."""

    sha256: str
    properties: dict[str, str]


class Refusal(BaseModel):
    """Body of a refusal marker."""

    layer: str
    error: str


def compare(listings: Listings) -> RawState:
    """Judge each symbol-day by its highest known revision, present or sealed.

    A deleted object does not bring an older revision back. A refusal holds for exactly the object that
    failed: another etag is another try. Listing an object twice changes nothing.
    """
    state = RawState(objects=len({seen.key for seen in listings.objects}))
    present: dict[SymbolDay, dict[int, StoredObject]] = {}
    for seen in listings.objects:
        named = parse_raw_key(seen.key)
        if named is None:
            state.strangers.append(seen.key)
        else:
            present.setdefault(named[0], {})[named[1]] = seen
    sealed: dict[SymbolDay, dict[int, list[SealName]]] = {}
    for seal in listings.seals:
        sealed.setdefault(seal.day, {}).setdefault(seal.revision, []).append(seal)
    for day in sorted(present.keys() | sealed.keys()):
        objects, seals = present.get(day, {}), sealed.get(day, {})
        newest = max(objects.keys() | seals.keys())
        _judge(state, listings, day, objects.get(newest), seals.get(newest, []))
    return state


def _judge(
    state: RawState, listings: Listings, day: SymbolDay, seen: StoredObject | None, seals: list[SealName]
) -> None:
    made = next((seal.sha256 for seal in seals if (day, seal.sha256) in listings.made_from), None)
    if seen is None:
        bucket, value = (state.done, made) if made else (state.gone, seals[0].key)
        bucket[day] = value
        return
    content = content_id(seen)
    refused = (day, content) in listings.refusals
    if seals and content not in {seal.content_id for seal in seals}:
        if refused:  # of a touched object only sealing can fail: its bytes are others
            state.violated[day] = f"{seen.key} changed. Expected the bytes that were sealed, was others"
        elif made:
            state.to_reseal[day] = content
        else:
            state.to_build[day] = content
    elif made:
        state.done[day] = made
    elif refused:
        state.refused[day] = content
    else:
        state.to_build[day] = content


def list_raw(store: ObjectStore, symbols: Iterable[str] | None = None) -> Listings:
    """Read the four listings, of all symbols or of some.

    They are not one snapshot. Objects are listed first: what a run finishes meanwhile shows as done or as
    touched, which is looked at again, never as done too early.
    """

    def listed(prefix: str) -> list[StoredObject]:
        folders = [prefix] if symbols is None else [f"{prefix}{symbol}/" for symbol in sorted(set(symbols))]
        return [found for folder in folders for found in store.list(folder)]

    symbols = None if symbols is None else list(symbols)
    objects = listed(RAW)
    seals = [name for name in (parse_seal_key(found.key) for found in listed(SEALS)) if name]
    return Listings(
        objects=tuple(objects),
        seals=tuple(seals),
        made_from=_markers(listed(MADE_FROM)),
        refusals=_markers(listed(REFUSALS)),
    )


def observe(store: ObjectStore, symbols: Iterable[str] | None = None) -> RawState:
    """Look at the lake and judge every symbol-day."""
    return compare(list_raw(store, symbols))


def forget_made_from(store: ObjectStore, day: SymbolDay) -> None:
    """Remove every record of what gold's day was made from: to be called *before* gold is committed.

    The order matters. Markers removed, gold committed, marker written: a crash at any point leaves too few
    markers, and the next look builds the day again (the same content: harmless). An old marker left standing
    beside new gold would hide a correction that goes back to the earlier content.
    """
    for found in list(store.list(f"{MADE_FROM}{day.symbol}/{day.trading_day}/")):
        store.delete(found.key)


def write_made_from(store: ObjectStore, day: SymbolDay, sha256: str, properties: Mapping[str, str]) -> None:
    """Record what gold's day was made from, *after* the commit; earlier refusals of the day end with it."""
    marker = GoldSource(sha256=sha256, properties=dict(properties))
    store.put(f"{MADE_FROM}{day.symbol}/{day.trading_day}/{sha256}.json", marker.model_dump_json().encode())
    clear_refusals(store, day)


def made_from(store: ObjectStore, day: SymbolDay) -> list[GoldSource]:
    """What gold's day was made from: one record, or none while it is being replaced."""
    folder = f"{MADE_FROM}{day.symbol}/{day.trading_day}/"
    return [GoldSource.model_validate_json(store.get(found.key)) for found in store.list(folder)]


def write_refusal(store: ObjectStore, day: SymbolDay, layer: str, error: str) -> None:
    """Note that the day's present content failed for good at `layer`, so that only another content is tried.

    At `raw` that is the highest revision that lies there, above it the highest that is sealed. Nothing is
    noted where there is nothing.
    """
    seen = _attempted(store, day, layer)
    if seen is not None:
        key = f"{REFUSALS}{day.symbol}/{day.trading_day}/{content_id(seen)}.json"
        store.put(key, Refusal(layer=layer, error=error).model_dump_json().encode())


def refusals(store: ObjectStore, day: SymbolDay) -> list[Refusal]:
    folder = f"{REFUSALS}{day.symbol}/{day.trading_day}/"
    return [Refusal.model_validate_json(store.get(found.key)) for found in store.list(folder)]


def clear_refusals(store: ObjectStore, day: SymbolDay) -> None:
    """Let the day be tried again, for example by code that now reads what it refused."""
    for found in list(store.list(f"{REFUSALS}{day.symbol}/{day.trading_day}/")):
        store.delete(found.key)


def _attempted(store: ObjectStore, day: SymbolDay, layer: str) -> StoredObject | None:
    if layer != "raw":
        try:
            return current_seal(store, day).object
        except (DataError, MissingDataError):  # the seal itself is what failed
            pass
    return newest_object(store, day)


def _markers(listed: Iterable[StoredObject]) -> frozenset[tuple[SymbolDay, str]]:
    matches = (_MARKER.fullmatch(found.key) for found in listed)
    return frozenset((SymbolDay(m[1], date.fromisoformat(m[2])), m[3]) for m in matches if m)
