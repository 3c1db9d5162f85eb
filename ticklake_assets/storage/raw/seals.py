"""Seals: what a raw object's bytes were when they were first read. Never another content under a sealed key.

A seal's *name* carries the sha256 and a digest of the object's inventory line (key, etag, size), so that one
LIST of seals against one LIST of objects tells what is new or was touched, without reading either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from hashlib import sha256
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from ticklake_assets.core.day_files import RAW, parse_raw_key, raw_key
from ticklake_assets.core.errors import DataError, ImmutabilityError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.store import ObjectStore, StoredObject, create_or_same
from ticklake_assets.storage.raw.csv_shape import RawShape, measure

SEALS = "seals/ticks/"
_SEAL = re.compile(
    r"seals/ticks/([A-Z0-9]{3,12})/(\d{4}-\d{2}-\d{2})\.r(\d+)/([0-9a-f]{16})\.([0-9a-f]{64})\.json"
)


class Seal(BaseModel):
    """Facts of the sealed bytes; `etag` and `size` are the inventory's, to see later that nothing changed."""

    model_config = ConfigDict(frozen=True)

    key: str
    revision: int
    etag: str
    size: int
    sha256: str
    rows: int
    first_us: int | None
    """Time of the first and last row of the day in file order; None where there is none."""
    last_us: int | None

    @property
    def object(self) -> StoredObject:
        return StoredObject(self.key, self.size, self.etag)


class SealName(NamedTuple):
    """What a seal's name says."""

    day: SymbolDay
    revision: int
    content_id: str
    sha256: str

    @property
    def key(self) -> str:
        return f"{_folder(self.day, self.revision)}{self.content_id}.{self.sha256}.json"


def content_id(seen: StoredObject) -> str:
    """16 hex digits for an object as it was seen: another etag or size is another id.

    >>> content_id(StoredObject("raw/a", 1, "x")) == content_id(StoredObject("raw/a", 1, "y"))
    False
    """
    return sha256(f"{seen.key}\n{seen.etag}\n{seen.size}".encode()).hexdigest()[:16]


def parse_seal_key(key: str) -> SealName | None:
    match = _SEAL.fullmatch(key)
    day = _day(match[2]) if match else None
    return SealName(SymbolDay(match[1], day), int(match[3]), match[4], match[5]) if match and day else None


def seal_object(store: ObjectStore, key: str) -> Seal:
    """Read the object once, check it, and record what it is.

    A touched object with the sealed bytes gets its one seal renewed. `ImmutabilityError` when the bytes
    differ from a seal: the changed bytes are kept under `quarantine/`, the seal stays. `DataError` for an
    empty file, another header or another day's rows.
    """
    named = parse_raw_key(key)
    if named is None:
        raise DataError(f"Raw object name. Expected {RAW}SYMBOL/YYYY/MM/SYMBOL_YYYY-MM-DD.csv, was {key!r}")
    day, revision = named
    held = _names(store, _folder(day, revision))
    try:
        seen, digest, shape = _read_once(store, day, key)
    except DataError:
        for name in held:  # of bytes that were sealed otherwise, that is what is to be said
            data = store.get(key)
            require_sealed(store, key, sha256(data).hexdigest(), name.sha256, data)
        raise
    for name in held:
        require_sealed(store, key, digest, name.sha256)
    seal = Seal(key=key, revision=revision, etag=seen.etag, size=seen.size, sha256=digest, **shape._asdict())
    name = SealName(day, revision, content_id(seen), digest)
    if name not in held:
        create_or_same(store, name.key, seal.model_dump_json().encode())
    for stale in held:
        if stale != name:  # removed last: between the two steps both seals say the same of the bytes
            store.delete(stale.key)
    return seal


def seal_day(store: ObjectStore, day: SymbolDay) -> Seal:
    """Seal the day's highest revision; `MissingDataError` when no object of the day is there."""
    newest = newest_object(store, day)
    if newest is None:
        raise MissingDataError(f"Raw file of {day}. Expected {raw_key(day)}, was no such object")
    return seal_object(store, newest.key)


def newest_object(store: ObjectStore, day: SymbolDay) -> StoredObject | None:
    """The day's highest revision that lies in the store."""
    stem = raw_key(day).removesuffix("csv")
    found = {parse_raw_key(listed.key): listed for listed in store.list(stem)}
    revisions = [named[1] for named in found if named is not None]
    return found[day, max(revisions)] if revisions else None


def newest_revision(store: ObjectStore, day: SymbolDay) -> int:
    """The day's highest revision that lies in the store; 0 where there is none."""
    newest = newest_object(store, day)
    named = parse_raw_key(newest.key) if newest else None
    return named[1] if named else 0


def seal_names(store: ObjectStore, day: SymbolDay) -> list[SealName]:
    """What the names of the day's seals say, of every revision."""
    return _names(store, f"{SEALS}{day.symbol}/{day.trading_day}.r")


def current_seal(store: ObjectStore, day: SymbolDay) -> Seal:
    """The seal of the day's highest sealed revision; `MissingDataError` where nothing is sealed."""
    names = seal_names(store, day)
    if not names:
        raise MissingDataError(f"Seal of {day}. Expected a sealed raw file, was none: materialize raw/ticks")
    newest = max(name.revision for name in names)
    chosen = [name for name in names if name.revision == newest]
    if len({name.sha256 for name in chosen}) > 1:
        raise ImmutabilityError(
            f"Seals of {raw_key(day, newest)}. Expected one content, was {len(chosen)}: deliver a revision"
        )
    return load_seal(store, chosen[-1])


def seal_of(store: ObjectStore, day: SymbolDay, digest: str) -> Seal:
    """The seal of the day's content with this sha256, whatever was sealed later; `MissingDataError` without one."""
    for name in seal_names(store, day):
        if name.sha256 == digest:
            return load_seal(store, name)
    raise MissingDataError(f"Seal of {day}. Expected one of sha256 {digest}, was none: materialize raw/ticks")


def load_seal(store: ObjectStore, name: SealName) -> Seal:
    try:
        return Seal.model_validate_json(store.get(name.key))
    except ValidationError as error:
        raise DataError(f"{name.key}. Expected a seal, was {error.errors()[0]['msg']}") from error


def require_sealed(store: ObjectStore, key: str, digest: str, sealed: str, data: bytes | None = None) -> None:
    """`ImmutabilityError` when bytes of `digest` are not the `sealed` ones; they are kept under `quarantine/`.

    They are read once more where `data` doesn't hold them.
    """
    if digest == sealed:
        return
    kept = keep_changed(store, key, store.get(key) if data is None else data)
    raise ImmutabilityError(
        f"{key} changed after it was sealed. Expected sha256 {sealed}, was {digest}: "
        f"the changed bytes are kept as {kept}; restore the object, deliver a correction as a new revision"
    )


def keep_changed(store: ObjectStore, key: str, changed: bytes) -> str:
    """Keep bytes that were found in the place of the sealed ones; returns their key."""
    stem, _, suffix = key.rpartition(".")
    kept = f"quarantine/{stem}.{sha256(changed).hexdigest()[:16]}.{suffix}"
    create_or_same(store, kept, changed)
    return kept


def _read_once(store: ObjectStore, day: SymbolDay, key: str) -> tuple[StoredObject, str, RawShape]:
    """Hash and count the object's bytes, a piece at a time: a thread of its own for each costs more than it saves."""
    digest = sha256()
    with store.stream(key) as (seen, pieces):
        shape = measure(_through(digest.update, pieces), day, key)
    return seen, digest.hexdigest(), shape


def _through(update: Callable[[bytes], None], pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        update(piece)
        yield piece


def _folder(day: SymbolDay, revision: int) -> str:
    return f"{SEALS}{day.symbol}/{day.trading_day}.r{revision}/"


def _names(store: ObjectStore, prefix: str) -> list[SealName]:
    return [name for name in map(parse_seal_key, (o.key for o in store.list(prefix))) if name]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
