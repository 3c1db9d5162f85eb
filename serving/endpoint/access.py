"""Who may speak to the endpoint: whoever holds the token of a file only its owner can read."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from starlette.requests import HTTPConnection

_SCHEME = "Bearer "


def token_path(keys_dir: Path) -> Path:
    return keys_dir / "endpoint.token"


def endpoint_token(keys_dir: Path) -> str:
    """Read the token, creating it (256 random bits, mode 0600) on first use."""
    path = token_path(keys_dir)
    keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):
        _create(path)
    return path.read_text(encoding="ascii").strip()


def _create(path: Path) -> None:
    """Link a complete file into place: of two first users one wins, and nobody reads half a token."""
    if path.exists():
        raise FileExistsError(path)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    try:
        os.link(partial, path)
    finally:
        partial.unlink()


def is_authorised(connection: HTTPConnection, token: str) -> bool:
    """Compare in constant time, so that answer times say nothing of the token."""
    given = connection.headers.get("authorization", "")
    return secrets.compare_digest(given.encode(), (_SCHEME + token).encode())
