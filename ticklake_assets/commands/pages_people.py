"""`ticklake pages user`: what is said goes beside the output, which is for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from getpass import getpass
from typing import cast

from rich.console import Console
from rich.table import Table

from serving.pipeline.access.people import People
from serving.pipeline.access.roles import Role
from ticklake_assets.core.errors import DataError
from ticklake_assets.settings import Settings
from ticklake_assets.terminal import errors


def asked_password() -> str:
    """Asked for twice on a terminal, else the input's first line: never an argument, which others can see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass("Password: ")
    if getpass("Again: ") != first:
        raise DataError("Expected the same password twice, was another")
    return first


def add_user(settings: Settings, name: str, password: str, roles: Sequence[str]) -> None:
    People(settings.pages_home).add(name, password, cast(Sequence[Role], roles))
    _say(f"{name} may sign in: {', '.join(dict.fromkeys(['see', *roles]))}")


def set_password(settings: Settings, name: str, password: str) -> None:
    People(settings.pages_home).set_password(name, password)
    _say(f"{name} has another password, and is signed out")


def set_roles(settings: Settings, name: str, roles: Sequence[str]) -> None:
    People(settings.pages_home).set_roles(name, cast(Sequence[Role], roles))
    _say(f"{name} has the roles {', '.join(dict.fromkeys(['see', *roles]))}, and is signed out")


def remove_user(settings: Settings, name: str) -> None:
    People(settings.pages_home).remove(name)
    _say(f"{name} is removed, and signed out")


def show_users(settings: Settings, console: Console, *, as_json: bool) -> None:
    users = People(settings.pages_home).all()
    if as_json:
        console.print_json(json.dumps([each.model_dump(mode="json", exclude={"password"}) for each in users]))
        return
    if not users:
        _say("nobody yet: `ticklake pages user add NAME --role see`")
        return
    table = Table("name", "roles", "changed, UTC")
    for each in users:
        table.add_row(each.name, ", ".join(each.roles), f"{each.changed:%Y-%m-%d %H:%M}")
    console.print(table)


def _say(text: str) -> None:
    errors.print(text, markup=False, highlight=False, soft_wrap=True)
