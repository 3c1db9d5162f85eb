"""A link that signs the owner of this home in once: who can read the home's files is its owner.

So nobody needs a password for a first look, and nobody else of this machine gets in.
"""

from __future__ import annotations

import secrets
import time
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.files import create_file
from ticklake_assets.settings import Settings

_VALID_S = 24 * 3600.0


def new_ticket_link(settings: Settings) -> str:
    """An address that is good once, and for a day; only the ticket's hash is kept."""
    ticket = secrets.token_urlsafe(24)
    create_file(_file(settings.pages_home, ticket), b"", private=True)
    return f"{settings.pages_url.rstrip('/')}/enter?{urlencode({'ticket': ticket})}"


def take_ticket(home: Path, ticket: str) -> None:
    """MissingDataError where it was taken, is too old, or never was. Of several who take it at once one does."""
    _forget_old(home)
    try:
        _file(home, ticket).unlink()
    except FileNotFoundError:
        raise MissingDataError(
            "This link was used, or is older than a day. `ticklake pages open` makes a new one"
        ) from None


def _forget_old(home: Path) -> None:
    for each in (home / "tickets").glob("*"):
        if time.time() - each.stat().st_mtime > _VALID_S:
            each.unlink(missing_ok=True)


def _file(home: Path, ticket: str) -> Path:
    return home / "tickets" / sha256(ticket.encode()).hexdigest()
