"""The owner's token: it may do everything, and whoever can read its file is the owner."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from ticklake_assets.files import create_file


def token_path(keys_dir: Path) -> Path:
    return keys_dir / "endpoint.token"


def endpoint_token(keys_dir: Path) -> str:
    """Read the token, creating it (256 random bits, mode 0600) on first use."""
    path = token_path(keys_dir)
    if not path.exists():
        with suppress(FileExistsError):  # of two first users one wins
            create_file(path, f"{secrets.token_urlsafe(32)}\n".encode("ascii"), private=True)
    return path.read_text(encoding="ascii").strip()
