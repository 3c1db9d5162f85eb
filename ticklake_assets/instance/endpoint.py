"""The endpoint as a process of a command: at its configured address, unless one is there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from ticklake_assets.instance.processes import running
from ticklake_assets.loopback import is_listening
from ticklake_assets.settings import Settings

_HERE = {"127.0.0.1", "localhost"}


@contextmanager
def live_endpoint(settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes] | None]:
    """Run it during the block. None: one is there already, or its address is another machine's."""
    address = urlsplit(settings.endpoint_url)
    if address.hostname not in _HERE or address.port is None or is_listening(address.port):
        yield None
        return
    port = address.port
    command = [sys.executable, "-m", "serving.endpoint", "--port", str(port)]
    with running(command, log, lambda: is_listening(port)) as process:
        yield process
