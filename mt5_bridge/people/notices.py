"""A word to people when a bridge stops, by the same addresses of Apprise as ticklake's own (`TICKLAKE_NOTIFY`)."""

from __future__ import annotations

import os
import re

VARIABLE = "TICKLAKE_NOTIFY"
_LOGIN = re.compile(r"(?<=://)[^/@\s]+@")


def notify(title: str, text: str) -> str | None:
    """Send a notice to each address and wait for it, seconds; None where there is none or all took it, else why not.

    The program is ending when it is called, so nothing is held up. Which address failed is not said: it is a secret.
    """
    urls = os.environ.get(VARIABLE)
    if not urls:
        return None
    try:
        from apprise import Apprise
    except ModuleNotFoundError:
        return f"{VARIABLE} is set. Expected the library apprise, was absent: pip install apprise"
    services = Apprise()
    if services.add(urls) and services.notify(title=title, body=_LOGIN.sub("***@", text)):
        return None
    return f"{VARIABLE}: Expected every address to take the notice, was refused by at least one"
