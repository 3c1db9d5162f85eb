"""The SQL address becomes its engine."""

from __future__ import annotations

from urllib.parse import urlsplit

from ticklake_assets.core.errors import SetupError
from ticklake_assets.credentials import hidden
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets.storage.sql.engine import SqlEngine


def open_engine(url: str, gold: GoldTables) -> SqlEngine:
    """Open `duckdb://` or `trino://user[:password]@host:port/catalog`; a password switches to https."""
    scheme = urlsplit(url).scheme
    if scheme == "duckdb":
        # Each engine imports its library, which a process with the other need not wait for.
        from ticklake_assets.storage.sql.duckdb import DuckDbEngine

        return DuckDbEngine(gold)
    if scheme == "trino":
        from ticklake_assets.storage.sql.trino import TrinoEngine

        return TrinoEngine.from_url(url)
    raise SetupError(
        f"Unknown SQL engine. Expected duckdb:// or trino://user@host:port/catalog, was {hidden(url)!r}"
    )
