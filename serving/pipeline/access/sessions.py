"""Who is signed in: sessions on the server's disk, of which a browser has a random number and the disk its hash."""

from __future__ import annotations

import hmac
import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from serving.pipeline.access.people import People
from serving.pipeline.access.roles import ROLES, Person
from ticklake_assets.core.errors import SetupError

IDLE_S = 12 * 3600.0
LONGEST_S = 7 * 24 * 3600.0
_TOUCH_S = 60.0
"""How much later than noted a session may have been used last: not each request writes."""
_TABLE = """CREATE TABLE IF NOT EXISTS sessions (
    hash TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, roles TEXT NOT NULL,
    began REAL NOT NULL, used REAL NOT NULL)"""
_FIND = "SELECT name, kind, roles, began, used FROM sessions WHERE hash = ?"
LOCAL, LINK, OIDC = "local", "link", "oidc"


@dataclass(frozen=True)
class Session:
    person: Person
    csrf: str
    """What a form of this session says: nobody else's page can know it."""


class Sessions:
    """They outlive the program. A person whose password or roles changed since, or who was removed, has none."""

    def __init__(self, home: Path, people: People, clock: Callable[[], float] = time.time) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = home / "sessions.db"
        self._people, self._clock, self._lock = people, clock, threading.Lock()
        with self._expected():
            self.path.touch(mode=0o600)
            self._base = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=10)
            self._base.execute(_TABLE)
            self._base.execute(_FIND, ("",)).fetchone()
            self._base.execute(
                "PRAGMA journal_mode=WAL"
            )  # the first to change a file, now that it is known as ours

    def close(self) -> None:
        self._base.close()

    def begin(self, person: Person, kind: str) -> str:
        """A new session, always under a number that nobody has seen before."""
        number, now = secrets.token_urlsafe(32), self._clock()
        with self._expected(), self._lock:
            self._base.execute(
                "DELETE FROM sessions WHERE used < ? OR began < ?", (now - IDLE_S, now - LONGEST_S)
            )
            self._base.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?)",
                (_hash(number), person.name, kind, json.dumps(sorted(person.roles)), now, now),
            )
        return number

    def find(self, number: str) -> Session | None:
        now, hashed = self._clock(), _hash(number)
        with self._expected(), self._lock:
            row = self._base.execute(_FIND, (hashed,)).fetchone()
            if row is None:
                return None
            name, kind, said, began, used = row
            roles = [str(each) for each in json.loads(said)]
            if now - used > IDLE_S or now - began > LONGEST_S:
                return None
            if now - used > _TOUCH_S:
                self._base.execute("UPDATE sessions SET used = ? WHERE hash = ?", (now, hashed))
        person = self._person(name, kind, roles, began)
        return Session(person, csrf_of(number)) if person else None

    def end(self, number: str) -> None:
        with self._expected(), self._lock:
            self._base.execute("DELETE FROM sessions WHERE hash = ?", (_hash(number),))

    def end_all(self, name: str) -> None:
        """Sign a person out everywhere."""
        with self._expected(), self._lock:
            self._base.execute("DELETE FROM sessions WHERE name = ?", (name,))

    @contextmanager
    def _expected(self) -> Iterator[None]:
        """SetupError where the file is none of ours; it is left as it is."""
        try:
            yield
        except (sqlite3.Error, OSError, ValueError, TypeError) as error:
            raise SetupError(
                f"{self.path}: Expected the database of sessions ({error}). Move it away: everybody signs in anew"
            ) from error

    def _person(self, name: str, kind: str, roles: list[str], began: float) -> Person | None:
        if kind != LOCAL:
            return Person(name, frozenset(each for each in ROLES if each in roles))
        user = self._people.find(name)
        if user is None or user.changed.timestamp() > began:
            return None
        return user.person


def csrf_of(number: str) -> str:
    return hmac.new(number.encode(), b"csrf", "sha256").hexdigest()


def _hash(number: str) -> str:
    return sha256(number.encode()).hexdigest()
