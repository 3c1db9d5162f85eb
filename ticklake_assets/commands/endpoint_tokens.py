"""`ticklake endpoint token`: the secret goes to the output alone, what is said of it beside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import cast

import typer
from rich.console import Console
from rich.table import Table

from serving.endpoint.access.tokens import Scope, Token, TokenFile
from ticklake_assets.settings import Settings
from ticklake_assets.terminal import errors


def create_token(settings: Settings, name: str, scopes: Sequence[str], expires: date | None) -> None:
    ends = datetime.combine(expires, time(0), UTC) if expires else None
    secret = TokenFile(settings.keys_dir).create(name, cast(Sequence[Scope], scopes), datetime.now(UTC), ends)
    typer.echo(secret)
    errors.print(f"token {name!r} of {', '.join(scopes)}: it is shown this once", highlight=False)


def rotate_token(settings: Settings, name: str, grace_hours: float) -> None:
    secret = TokenFile(settings.keys_dir).rotate(name, datetime.now(UTC), timedelta(hours=grace_hours))
    typer.echo(secret)
    errors.print(f"token {name!r}: the old one is valid for {grace_hours:g} hours more", highlight=False)


def revoke_token(settings: Settings, name: str) -> None:
    TokenFile(settings.keys_dir).revoke(name)
    errors.print(f"token {name!r} is revoked", highlight=False)


def show_tokens(settings: Settings, console: Console, *, as_json: bool) -> None:
    now = datetime.now(UTC)
    listed = [_shown(token, now) for token in TokenFile(settings.keys_dir).tokens()]
    if as_json:
        typer.echo(json.dumps(listed))
        return
    table = Table("token", "scopes", "created", "expires", "old one until", "state")
    for token in listed:
        table.add_row(
            *(", ".join(cell) if isinstance(cell, list) else cell or "-" for cell in token.values())
        )
    console.print(table)


def _shown(token: Token, now: datetime) -> dict[str, str | list[str] | None]:
    previous = token.previous_until if token.previous_until and token.previous_until > now else None
    return {
        "name": token.name,
        "scopes": list(token.scopes),
        "created": _minute(token.created),
        "expires": _minute(token.expires),
        "previous_until": _minute(previous),
        "state": "valid" if any(token.hashes(now)) else "expired",
    }


def _minute(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else None
