"""`ticklake dev`: the UI and a daemon that lives as long as it."""

from __future__ import annotations

import time

from rich.console import Console

from ticklake_assets.instance.home import daemon, open_to_launch, webserver
from ticklake_assets.settings import Settings

_LOOK_S = 2.0
"""Between looks at the daemon."""


def open_ui(settings: Settings, port: int, console: Console) -> None:
    """Run the UI and a daemon until Ctrl-C; a daemon that ends is started again."""
    home = settings.dagster_home
    with (
        open_to_launch(settings) as instance,
        webserver(home, port) as address,
        daemon(instance, home) as used,
    ):
        whose = "its daemon is running" if used.is_ours else "another command's daemon is running"
        console.print(f"Dagster UI: {address}   ({whose}, logs in {home}; Ctrl-C stops what was started)")
        try:
            while True:
                time.sleep(_LOOK_S)
                if used.revive():
                    console.print("The daemon had ended; another was started.", style="yellow")
        except KeyboardInterrupt:
            console.print("stopping")
