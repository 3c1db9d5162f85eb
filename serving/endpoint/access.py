"""Who may speak to the endpoint: whoever holds the token of a file only its owner can read."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from starlette.requests import HTTPConnection

from ticklake_assets.files import create_file

_SCHEME = "Bearer "


def token_path(keys_dir: Path) -> Path:
    return keys_dir / "endpoint.token"


def endpoint_token(keys_dir: Path) -> str:
    """Read the token, creating it (256 random bits, mode 0600) on first use."""
    path = token_path(keys_dir)
    if not path.exists():
        with suppress(FileExistsError):  # of two first users one wins
            create_file(path, f"{secrets.token_urlsafe(32)}\n".encode("ascii"), private=True)
    return path.read_text(encoding="ascii").strip()


def is_authorised(connection: HTTPConnection, token: str) -> bool:
    """Compare in constant time, so that answer times say nothing of the token."""
    given = connection.headers.get("authorization", "")
    return secrets.compare_digest(given.encode(), (_SCHEME + token).encode())
