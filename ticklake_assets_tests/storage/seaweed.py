"""A real S3 server that tests may kill and start again."""

from __future__ import annotations

from pathlib import Path

from stack.services.seaweedfs import SeaweedFS, endpoint
from ticklake_assets_tests.s3_server import S3Server
from ticklake_assets_tests.stack.scripted import bring_up, kill, new_site


class Seaweed:
    """SeaweedFS on free loopback ports, the same at each start; ready in about a second."""

    def __init__(self, folder: Path) -> None:
        self._site = new_site(folder)
        self.server = S3Server(endpoint(self._site), self._site.secret("s3"))

    def start(self) -> None:
        bring_up(self._site, SeaweedFS())

    def kill(self) -> None:
        """End it as a crash would."""
        kill(self._site, SeaweedFS())
