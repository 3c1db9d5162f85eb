"""`ticklake pages`: serve the lifecycle pages, and say who may see and do what there."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ticklake_assets.parsers.arguments import AsJson
from ticklake_assets.terminal import command_of, console, guarded

app = typer.Typer(no_args_is_help=True, help="The lifecycle pages: the whole thing in a browser.")
user = typer.Typer(
    no_args_is_help=True, help="People who may sign in; only argon2 hashes of passwords are kept."
)
app.add_typer(user, name="user")
_of_user = command_of(user, uses_stack=False)
_Name = Annotated[str, typer.Argument(help="somebody whom `ticklake pages user list` shows")]


class _Role(StrEnum):
    SEE = "see"
    RESEARCH = "research"
    DEPLOY = "deploy"
    TRADE = "trade"


_Roles = Annotated[
    list[_Role],
    typer.Option(
        "--role",
        help="see (look), research (launch runs), deploy (promote, roll back) or trade (kill, resume); may be "
        "repeated: each includes see, and no other",
    ),
]


@command_of(app)
def serve(
    port: Annotated[
        int | None, typer.Option(help="port to listen on; default: of TICKLAKE_PAGES_URL", min=1, max=65535)
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            help="address to listen on; beyond this machine only with people who may sign in, and with --tls-cert and "
            "--tls-key, or --behind-proxy"
        ),
    ] = "127.0.0.1",
    tls_cert: Annotated[
        Path | None,
        typer.Option(help="PEM certificate with its chain; default: TICKLAKE_PAGES_TLS_CERT, or none"),
    ] = None,
    tls_key: Annotated[
        Path | None,
        typer.Option(help="its PEM key, without a password; default: TICKLAKE_PAGES_TLS_KEY, or none"),
    ] = None,
    behind_proxy: Annotated[
        str,
        typer.Option(
            help="addresses or networks of the proxies with TLS before it, with commas between; default: "
            "TICKLAKE_PAGES_BEHIND_PROXY, or none"
        ),
    ] = "",
) -> None:
    """Serve the lifecycle pages until Ctrl-C, and print a link that signs the owner of this home in, once."""
    from ticklake_assets.commands.pages import serve_pages
    from ticklake_assets.settings import Settings

    said = {"pages_tls_cert": tls_cert, "pages_tls_key": tls_key, "pages_behind_proxy": behind_proxy}
    settings = Settings().model_copy(update={name: value for name, value in said.items() if value})
    serve_pages(settings, host, port, console)


@command_of(app)
def open(  # noqa: A001 - the command's name
    show: Annotated[bool, typer.Option("--print", help="print the link; no browser is started")] = False,
) -> None:
    """Open the pages that are served, signed in by a link that is good once, for a day: it is printed, too."""
    from ticklake_assets.commands.pages import open_pages
    from ticklake_assets.settings import Settings

    open_pages(Settings(), console, in_browser=not show)


@_of_user
def add(
    name: Annotated[str, typer.Argument(help="a new name: letters, digits, '.', '_', '@', '-'")], role: _Roles
) -> None:
    """Add a person, with a password of 12 characters or more, asked for or read from the input's first line."""
    from ticklake_assets.commands.pages_people import add_user, asked_password
    from ticklake_assets.settings import Settings

    add_user(Settings(), name, asked_password(), [each.value for each in role])


@_of_user
def password(name: _Name) -> None:
    """Give a person another password, asked for or read from the input's first line; it signs them out."""
    from ticklake_assets.commands.pages_people import asked_password, set_password
    from ticklake_assets.settings import Settings

    set_password(Settings(), name, asked_password())


@_of_user
def roles(name: _Name, role: _Roles) -> None:
    """Give a person these roles in the place of theirs; it signs them out."""
    from ticklake_assets.commands.pages_people import set_roles
    from ticklake_assets.settings import Settings

    set_roles(Settings(), name, [each.value for each in role])


@_of_user
def remove(name: _Name) -> None:
    """Remove a person; it signs them out."""
    from ticklake_assets.commands.pages_people import remove_user
    from ticklake_assets.settings import Settings

    remove_user(Settings(), name)


@user.command("list")
@guarded(uses_stack=False)
def list_people(as_json: AsJson = False) -> None:
    """List who may sign in, with roles and UTC times of the last change."""
    from ticklake_assets.commands.pages_people import show_users
    from ticklake_assets.settings import Settings

    show_users(Settings(), console, as_json=as_json)
