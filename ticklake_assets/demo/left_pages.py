"""What goes on when the demo has ended: the lifecycle pages, over what it made."""

from __future__ import annotations

import os

from rich.console import Console

from ticklake_assets.core.errors import SetupError
from ticklake_assets.instance.pages import leave_pages, make_room, sign_in_link
from ticklake_assets.settings import Settings


class LeftPages:
    """Made before the demo begins, which changes the variables of its process: the pages have those of before."""

    def __init__(self, settings: Settings) -> None:
        """SetupError where another program has their address: two minutes later is late to say so."""
        self._settings = settings
        self._environment = dict(os.environ)
        try:
            make_room(settings)
        except SetupError as error:
            raise SetupError(f"{error}; `ticklake demo --no-pages` does without them") from None

    def leave(self, console: Console) -> None:
        """Start them, and end with the address that signs in; a second use of it is refused."""
        served = leave_pages(self._settings, self._environment)
        until = f", until nobody has looked for {served.idle_s / 60:g} minutes" if served.idle_s else ""
        said = f"the lifecycle pages show all of it{until}; sign in once by"
        console.print(said, highlight=False, soft_wrap=True)
        console.print(sign_in_link(self._settings), soft_wrap=True)
