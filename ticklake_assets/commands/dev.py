"""`ticklake dev`: Dagster's UI with a daemon, the endpoint and the lifecycle pages, which live as long as it."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack

from rich.console import Console

from ticklake_assets.instance.endpoint import live_endpoint
from ticklake_assets.instance.home import daemon, open_to_launch, webserver
from ticklake_assets.instance.pages import running_pages, sign_in_link
from ticklake_assets.settings import Settings

_LOOK_S = 2.0
"""Between looks at what was started."""
_OURS, _OTHERS = "started here", "another command's, which goes on"


def open_ui(settings: Settings, port: int, console: Console) -> None:
    """Run all of them until Ctrl-C, or use what runs already; a daemon that ends is started again."""
    home, log = settings.dagster_home, settings.home / "endpoint.log"
    with ExitStack() as started:
        instance = started.enter_context(open_to_launch(settings))
        dagster = started.enter_context(webserver(home, port))
        used = started.enter_context(daemon(instance, home))
        endpoint = started.enter_context(live_endpoint(settings, log))
        pages, served = started.enter_context(running_pages(settings, {"TICKLAKE_DAGSTER_UI_URL": dagster}))
        for what, address, is_ours in (
            ("Dagster UI", dagster, True),
            ("endpoint", settings.endpoint_url, endpoint is not None),
            ("lifecycle pages", pages, served is not None),
        ):
            _say(console, f"{what}: {address}   ({_OURS if is_ours else _OTHERS})")
        _say(console, f"sign in to the pages, once and without a password: {sign_in_link(settings)}")
        whose = "its daemon is running" if used.is_ours else "another command's daemon is running"
        _say(console, f"{whose}, logs in {home}; Ctrl-C stops what was started")
        watched = {"endpoint": endpoint, "lifecycle pages": served}
        try:
            while True:
                time.sleep(_LOOK_S)
                if used.revive():
                    console.print("The daemon had ended; another was started.", style="yellow")
                for name in _ended(watched):
                    console.print(f"The {name} ended; start `ticklake dev` again.", style="yellow")
        except KeyboardInterrupt:
            console.print("stopping")


def _ended(watched: dict[str, subprocess.Popen[bytes] | None]) -> list[str]:
    """Those that have ended since the last look; nothing starts them anew unseen."""
    gone = [name for name, process in watched.items() if process and process.poll() is not None]
    watched.update(dict.fromkeys(gone))
    return gone


def _say(console: Console, line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)
