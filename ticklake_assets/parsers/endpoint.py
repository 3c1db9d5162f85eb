"""`ticklake endpoint`: serve it, and say who may ask it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ticklake_assets.parsers.arguments import DAY, AsJson
from ticklake_assets.terminal import command_of, console, guarded

app = typer.Typer(invoke_without_command=True)
token = typer.Typer(
    no_args_is_help=True, help="Tokens of the endpoint, each with scopes; only hashes are kept."
)
app.add_typer(token, name="token")
command = command_of(token, uses_stack=False)
_Name = Annotated[str, typer.Argument(help="a token that `ticklake endpoint token list` shows")]


class _Scope(StrEnum):
    READ = "read"
    SCORE = "score"
    DEPLOY = "deploy"


@guarded()
def _serve(
    host: str, port: int, tls_cert: Path | None, tls_key: Path | None, behind_proxy: str, symbols: str
) -> None:
    from ticklake_assets.commands.endpoint import serve
    from ticklake_assets.settings import Settings

    serve(Settings().listening(tls_cert, tls_key, behind_proxy, symbols), host, port, console)


@app.callback()
def endpoint(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="port to listen on", min=1, max=65535)] = 8750,
    host: Annotated[
        str,
        typer.Option(
            help="address to listen on; beyond this machine only with --tls-cert and --tls-key, or --behind-proxy"
        ),
    ] = "127.0.0.1",
    tls_cert: Annotated[
        Path | None,
        typer.Option(
            help="PEM certificate with its chain; without it, TICKLAKE_ENDPOINT_TLS_CERT, default none"
        ),
    ] = None,
    tls_key: Annotated[
        Path | None,
        typer.Option(
            help="its PEM key, without a password; without it, TICKLAKE_ENDPOINT_TLS_KEY, default none"
        ),
    ] = None,
    behind_proxy: Annotated[
        str,
        typer.Option(
            help="addresses or networks of the proxies with TLS before it, with commas between; only they and this "
            "machine may connect; without it, TICKLAKE_ENDPOINT_BEHIND_PROXY, default none"
        ),
    ] = "",
    symbols: Annotated[
        str,
        typer.Option(
            help="the only symbols to serve, like EURUSD,GBPUSD; without it, TICKLAKE_ENDPOINT_SYMBOLS, default all"
        ),
    ] = "",
) -> None:
    """Serve the live endpoint until Ctrl-C; `deploy/endpoint` and the bridge talk to it."""
    if context.invoked_subcommand is None:
        _serve(host, port, tls_cert, tls_key, behind_proxy, symbols)


@command
def create(
    name: Annotated[str, typer.Argument(help="a new name, like bridge: letters, digits, '.', '_', '-'")],
    scope: Annotated[
        list[_Scope],
        typer.Option(help="what it may do; may be repeated: none of them includes another"),
    ],
    expires: Annotated[
        date | None, typer.Option(help="UTC day at whose start it ends, YYYY-MM-DD; default: never", **DAY)
    ] = None,
) -> None:
    """Make a token and print it, this once. A running endpoint takes it at once."""
    from ticklake_assets.commands.endpoint_tokens import create_token
    from ticklake_assets.settings import Settings

    create_token(Settings(), name, [each.value for each in scope], expires)


@command
def rotate(
    name: _Name,
    grace: Annotated[float, typer.Option(help="hours that the old one is valid for", min=0, max=8760)] = 24,
) -> None:
    """Give a token a new secret and print it, this once; name, scopes and expiry stay."""
    from ticklake_assets.commands.endpoint_tokens import rotate_token
    from ticklake_assets.settings import Settings

    rotate_token(Settings(), name, grace)


@command
def revoke(name: _Name) -> None:
    """End a token now; the endpoint closes its streams within a second."""
    from ticklake_assets.commands.endpoint_tokens import revoke_token
    from ticklake_assets.settings import Settings

    revoke_token(Settings(), name)


@token.command("list")
@guarded(uses_stack=False)
def list_tokens(as_json: AsJson = False) -> None:
    """List the tokens with their scopes and ends, UTC; the owner's, keys/endpoint.token, is none of them."""
    from ticklake_assets.commands.endpoint_tokens import show_tokens
    from ticklake_assets.settings import Settings

    show_tokens(Settings(), console, as_json=as_json)
