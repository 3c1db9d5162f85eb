"""`ticklake pages serve` and `open`."""

from __future__ import annotations

import webbrowser
from urllib.parse import urlsplit

from rich.console import Console

from serving.pipeline.access.tickets import new_ticket_link
from serving.pipeline.living import who_serves
from serving.pipeline.server import serve
from ticklake_assets.core.errors import SetupError
from ticklake_assets.instance.pages import make_room
from ticklake_assets.settings import Settings

_PORTS = {"http": 80, "https": 443}


def serve_pages(settings: Settings, host: str, port: int | None, console: Console) -> None:
    """Serve until Ctrl-C; what a demo has left makes room, another's process is a SetupError."""
    named = urlsplit(settings.pages_url)
    chosen = port or named.port or _PORTS.get(named.scheme, 0)
    if port:
        there = f"{'https' if settings.pages_tls_cert else 'http'}://127.0.0.1:{port}"
        settings = settings.model_copy(update={"pages_url": there})
    if other := make_room(settings):
        raise SetupError(
            f"Expected nobody to serve the pages of this home, was served at {other.url}: use those"
        )
    _print(console, "pages", new_ticket_link(settings), "   (the link is good once; Ctrl-C stops the pages)")
    serve(settings, host, chosen)


def open_pages(settings: Settings, console: Console, *, in_browser: bool) -> None:
    """SetupError where nobody serves them."""
    served = who_serves(settings)
    if served is None:
        raise SetupError(
            "Expected the pages to be served, was nobody: `ticklake dev`, or `ticklake pages serve`"
        )
    link = new_ticket_link(settings.model_copy(update={"pages_url": served.url}))
    _print(console, "pages", link, "   (good once)")
    if in_browser and not webbrowser.open(link):
        console.print("No browser could be started: open that address.", style="yellow")


def _print(console: Console, what: str, link: str, more: str) -> None:
    console.print(f"{what}: {link}{more}", highlight=False, markup=False, soft_wrap=True)
