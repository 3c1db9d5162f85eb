"""A Spark Connect server of the home's own: whoever cleans shares one warm JVM, and starts it where there is none.

Three locks tell the truth whoever is killed: its keeper (`keeper.py`) holds `life.lock` from its first moment on,
whoever works there shares `use.lock`, and of two that find none one starts it under `start.lock`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import is_held, locked, replace_file
from ticklake_assets.loopback import is_listening
from ticklake_assets.spark.java import find_java
from ticklake_assets.spark.shipping import shipped_files

LIFE, USE = "life.lock", "use.lock"
_PATIENCE_S = 180.0
_POLL_S = 0.1
_LAST_LINES = 12


class Offer(NamedTuple):
    """What a keeper says of its server, in a file that only its owner can read."""

    port: int
    token: str


class HomeServer:
    """The server of a home for one configuration and one version of the code.

    A worker keeps the modules that it has imported, so other code gets another server, and the old one ends when idle.
    """

    def __init__(self, home: Path, conf: Mapping[str, str], idle_s: float) -> None:
        self._conf, self._idle_s = dict(conf), idle_s
        self.folder = home.absolute() / "spark" / _fingerprint(self._conf)

    @contextmanager
    def leased(self) -> Iterator[str]:
        """Address and token of the server, which doesn't end during the block; SetupError with the end of its log."""
        with locked(self.folder / USE, shared=True):
            offer = self._living()
            # By name: PySpark sends a token over an unencrypted line to `localhost` only.
            yield f"sc://localhost:{offer.port}/;token={offer.token}"

    def begin(self) -> bool:
        """Start one where none lives, without waiting for it; returns whether this call did."""
        with locked(self.folder / "start.lock"):
            life = self.folder / LIFE
            if life.exists() and is_held(life):
                return False
            offer_file(self.folder).unlink(missing_ok=True)  # of a keeper that was killed
            replace_file(conf_file(self.folder), json.dumps(self._conf).encode(), private=True)
            # PySpark names its Python for the workers only where it is not asked by Connect.
            own = {
                "JAVA_HOME": str(find_java()),
                "PYSPARK_PYTHON": sys.executable,
            }
            with locked(life) as held, self._log.open("wb") as log:
                subprocess.run(  # noqa: S603 - the command is our own list, never a shell string
                    [
                        sys.executable,
                        "-m",
                        "ticklake_assets.spark.keeper",
                        str(self.folder),
                        str(self._idle_s),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=os.environ | own,
                    start_new_session=True,
                    pass_fds=[held.fileno()],
                    check=False,  # the log says why
                )
            return True

    def _living(self) -> Offer:
        """Wait for it, and start it where it has gone; twice where it is ours that does not come to life."""
        began, deadline = False, time.monotonic() + _PATIENCE_S
        while True:
            offer = read_offer(self.folder)
            if offer and is_listening(offer.port):
                return offer
            life = self.folder / LIFE
            is_dead = not life.exists() or not is_held(life)
            if (is_dead and began) or time.monotonic() > deadline:
                how = "ended while it started" if is_dead else f"is not there after {_PATIENCE_S:g} s"
                raise SetupError(
                    f"Spark's server of this home {how}; the end of {self._log}:\n{self._last_lines()}"
                )
            began |= is_dead and self.begin()
            time.sleep(_POLL_S)

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _last_lines(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-_LAST_LINES:])


def conf_file(folder: Path) -> Path:
    return folder / "conf.json"


def offer_file(folder: Path) -> Path:
    return folder / "server.json"


def read_offer(folder: Path) -> Offer | None:
    try:
        return Offer(**json.loads(offer_file(folder).read_bytes()))
    except FileNotFoundError:
        return None


def _fingerprint(conf: Mapping[str, str]) -> str:
    """Short digest of what a running server can't change."""
    found = sha256(json.dumps([sys.executable, sorted(conf.items())]).encode())
    for file in shipped_files():
        found.update(file.read_bytes())
    return found.hexdigest()[:12]
