"""`ticklake notify test`."""

from __future__ import annotations

from rich.console import Console

from ticklake_assets.core.errors import SetupError, TransientError
from ticklake_assets.notices import Notice, send, shown, split_urls
from ticklake_assets.settings import Settings


def send_test(settings: Settings, console: Console) -> None:
    """Send a notice to each address of TICKLAKE_NOTIFY and say of each whether it was taken.

    Raises:
        SetupError: there is no address, or one that is none of Apprise's.
        TransientError: a service did not take it.
    """
    urls = split_urls(settings.notify.get_secret_value())
    if not urls:
        raise SetupError("TICKLAKE_NOTIFY: Expected addresses of Apprise, like tgram://BOT/CHAT, was empty")
    refused: list[SetupError | TransientError] = []
    for url in urls:
        try:
            send(url, Notice("test", settings.home.absolute().name, "A test: notices of ticklake come here."))
        except (SetupError, TransientError) as error:
            refused.append(error)
        else:
            console.print(f"{shown(url)}: sent", highlight=False)
    if refused:
        raise type(refused[0])("; ".join(map(str, refused)))
