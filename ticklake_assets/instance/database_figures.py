"""What the Postgres databases of the settings say of themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import create_engine, text

_ASKED = text("""
SELECT datname, numbackends, xact_commit, xact_rollback, deadlocks,
       CASE WHEN has_database_privilege(datname, 'CONNECT') THEN pg_database_size(datname) END
FROM pg_stat_database WHERE datname IS NOT NULL AND datname NOT LIKE 'template%'
""")


class DatabaseFigures(NamedTuple):
    """Of one database of the server, since its statistics began."""

    connections: int
    commits: int
    rollbacks: int
    deadlocks: int
    bytes: int | None
    """On its disk; None where the login may not know."""


class Databases:
    """The servers behind some addresses; those that are not Postgres are passed over."""

    def __init__(self, urls: Iterable[str]) -> None:
        self._engines = [
            create_engine(url, connect_args={"connect_timeout": 5}, pool_pre_ping=True)
            for url in dict.fromkeys(urls)
            if url.startswith("postgresql")
        ]

    def figures(self) -> dict[str, DatabaseFigures]:
        """By database, of all logins together: each sees the size of its own alone."""
        found: dict[str, DatabaseFigures] = {}
        for engine in self._engines:
            with engine.connect() as connection:
                for name, *row in connection.execute(_ASKED):
                    if name not in found or found[name].bytes is None:
                        found[name] = DatabaseFigures(*row)
        return found
