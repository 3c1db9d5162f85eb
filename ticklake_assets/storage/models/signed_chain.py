"""A history that only grows: numbered objects, each signed and naming the sha256 of the one before.

    chain = SignedChain(store, key, witness)
    chain.append(lambda entries: None if known(entries) else {"key": "openings/...", ...})
    chain.entries(), chain.head()

Whoever takes an entry out, changes one, puts one in or lets two change places breaks a link, a number or a signature,
and the next reader says which. What no link can show is a tail that was cut off: a witness file beside the keys, and
every head that was written down elsewhere, do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ticklake_assets.core.errors import ImmutabilityError, MissingDataError, SetupError, TransientError
from ticklake_assets.files import replace_file
from ticklake_assets.storage.objects.store import ObjectStore, StoredObject

FOLDER = "ledger/chain/"
NOTHING = "0" * 64
"""What the first entry names as the one before."""
_MOST_RETRIES = 1_000
"""Each means that another writer got one entry further."""
_READERS = 16


class Entry(NamedTuple):
    number: int
    """From 1."""
    note: dict[str, Any]
    sha256: str
    """Of the object's bytes: what the next entry names."""


class Head(NamedTuple):
    """The last entry: whoever wrote it down can tell later whether the history still has it."""

    entries: int
    sha256: str


Make = Callable[[Sequence[Entry]], "Mapping[str, Any] | None"]
"""A note for the entries so far; None where there is nothing to add."""


class SignedChain:
    """Entries under `ledger/chain/`, signed by the key pair that signs bundles.

    Every read verifies the whole chain: numbers, links and signatures. What was read once is kept by its etag. Who
    only reads needs the public key alone.
    """

    def __init__(
        self, store: ObjectStore, key: Ed25519PrivateKey | Ed25519PublicKey, witness: Path | None = None
    ) -> None:
        self._store = store
        self._key = key
        self._public = key if isinstance(key, Ed25519PublicKey) else key.public_key()
        self._witness = witness
        self._read: dict[str, tuple[str, Entry, str]] = {}
        """By object key: etag, entry, and the sha256 that it names as the one before."""

    def entries(self) -> list[Entry]:
        """All entries, oldest first; ImmutabilityError says what was done to which.

        The witness is read before the objects: another process may append while we look.
        """
        heads = self._witnessed()
        entries = self._verified()
        if entries and (head := heads.get(entries[0].sha256)):
            self.expect(head, entries, f"{self._witness}")
        return entries

    def append(self, make: Make) -> None:
        """Add the note that `make` gives for the entries so far; None adds nothing.

        Of two writers one gets the number, the other looks again and makes its note anew: what `make` has checked
        still holds when its note is in. SetupError where there is the public key alone.
        """
        key = self._key
        if isinstance(key, Ed25519PublicKey):
            raise SetupError(f"Expected the private key to add to {FOLDER}, was the public one")
        for _ in range(_MOST_RETRIES):
            entries = self.entries()
            note = make(entries)
            if note is None:
                return
            number, before = len(entries) + 1, entries[-1].sha256 if entries else NOTHING
            data = _signed({"number": number, "previous": before, "note": dict(note)}, key)
            try:
                self._store.create(_key(number), data)
            except ImmutabilityError:
                continue
            entry = Entry(number, dict(note), sha256(data).hexdigest())
            self._remember(entries[0] if entries else entry, Head(number, entry.sha256))
            return
        raise TransientError(
            f"{FOLDER} grew {_MOST_RETRIES} times while one entry was to be added: try again"
        )

    def head(self) -> Head:
        """That of an empty history has no entries."""
        entries = self.entries()
        return Head(len(entries), entries[-1].sha256) if entries else Head(0, NOTHING)

    def expect(self, head: Head, entries: Sequence[Entry], known_by: str) -> None:
        """ImmutabilityError where a head that was once written down is not in the history any more."""
        if head.entries == 0:
            return
        if head.entries > len(entries):
            raise ImmutabilityError(
                f"The ledger {self._store.uri(FOLDER.rstrip('/'))} was cut or begun anew: {known_by} knows entry "
                f"{head.entries}. Expected at least {head.entries} entries, was {len(entries)}"
            )
        found = entries[head.entries - 1].sha256
        if found != head.sha256:
            raise ImmutabilityError(
                f"The ledger {self._store.uri(FOLDER.rstrip('/'))} is another history than {known_by} knows. Expected "
                f"sha256 {head.sha256} of entry {head.entries}, was {found}"
            )

    def _verified(self) -> list[Entry]:
        listed = {stored.key: stored for stored in self._store.list(FOLDER)}
        if foreign := [key for key in listed if key != _key(_number(key))]:
            raise ImmutabilityError(f"{foreign[0]} is no entry of the ledger. Expected names like {_key(1)}")
        wanted = [_key(number) for number in range(1, max(map(_number, listed), default=0) + 1)]
        unread = [key for key in wanted if key not in listed or not self._is_read(listed[key])]
        with ThreadPoolExecutor(_READERS) as readers:
            for key, (stored, data) in zip(unread, readers.map(self._object, unread), strict=True):
                self._read[key] = stored.etag, *_opened(data, key, self._public)
        entries, before = [], NOTHING
        for number, key in enumerate(wanted, 1):
            _, entry, previous = self._read[key]
            if entry.number != number or previous != before:
                raise ImmutabilityError(
                    f"The ledger is broken at {key}: an entry was taken out, put in, moved or replaced. Expected entry "
                    f"{number} after {before[:16]}, was entry {entry.number} after {previous[:16]}"
                )
            entries.append(entry)
            before = entry.sha256
        return entries

    def _is_read(self, stored: StoredObject) -> bool:
        return self._read.get(stored.key, ("",))[0] == stored.etag

    def _object(self, key: str) -> tuple[StoredObject, bytes]:
        """A listing may miss an entry that was made while it ran: only its absence proves that one was removed."""
        try:
            return self._store.read(key)
        except MissingDataError:
            raise ImmutabilityError(
                f"The ledger is broken: {key} was removed. Expected an object, was nothing, though later ones are there"
            ) from None

    def _witnessed(self) -> dict[str, Head]:
        """Longest head that this machine has seen, by the sha256 of the history's first entry."""
        if self._witness is None or not self._witness.exists():
            return {}
        try:
            return {first: Head(*head) for first, head in json.loads(self._witness.read_bytes()).items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise SetupError(
                f"{self._witness} holds no heads of ledgers. Expected a number and a sha256 by history, was {error!r}: "
                "look who changed it, then remove it"
            ) from error

    def _remember(self, first: Entry, head: Head) -> None:
        """Two writers at once may leave the shorter head: it is a head of this history all the same."""
        if self._witness is not None:
            heads = self._witnessed()
            if head.entries > heads.get(first.sha256, Head(0, NOTHING)).entries:
                replace_file(self._witness, json.dumps(heads | {first.sha256: head}).encode(), private=True)


def _key(number: int) -> str:
    return f"{FOLDER}{number:08}.json"


def _number(key: str) -> int:
    try:
        return int(key.removeprefix(FOLDER).removesuffix(".json"))
    except ValueError:
        return 0


def _signed(content: Mapping[str, Any], key: Ed25519PrivateKey) -> bytes:
    text = _canonical(content)
    return _canonical({**content, "signature": key.sign(text).hex()})


def _opened(data: bytes, where: str, key: Ed25519PublicKey) -> tuple[Entry, str]:
    """An entry whose signature fits its bytes, and what it names as the one before."""
    try:
        content = json.loads(data)
        signature = bytes.fromhex(content.pop("signature"))
        entry = Entry(int(content["number"]), dict(content["note"]), sha256(data).hexdigest())
        previous = str(content["previous"])
        key.verify(signature, _canonical(content))
        if _canonical({**content, "signature": signature.hex()}) != data:
            raise InvalidSignature  # the same content in another spelling
    except InvalidSignature:
        raise ImmutabilityError(
            f"The ledger is broken at {where}: it was altered, or signed by another key. Expected a signature by the "
            "key in signing.pub over these bytes, was another"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ImmutabilityError(
            f"The ledger is broken at {where}: Expected an entry, was {error!r}"
        ) from error
    return entry, previous


def _canonical(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
