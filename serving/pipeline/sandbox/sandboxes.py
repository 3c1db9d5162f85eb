"""The sandboxes that run: each a child process of this one, which ends when this one does, however that ends."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from serving.pipeline.sandbox.asked import Asked, Order, Said
from serving.pipeline.sources.endpoint import EndpointSource
from ticklake_assets.core.errors import MissingDataError, TransientError
from ticklake_assets.settings import Settings, variable_of

MOST = 3
"""At a time: each takes a processor while it plays."""
_ENDS_WITHIN_S = 8.0
_LOG = logging.getLogger("ticklake.pages")
_OURS = (
    "home",
    "lake_url",
    "s3_endpoint",
    "s3_region",
    "catalog_uri",
    "catalog_name",
    "costs",
    "instruments",
)
"""Settings that the child needs to read the lake."""
_UNTRACED = dict.fromkeys(("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), "")


class Sandbox:
    """A running one, or one whose day is over; its last word is kept."""

    def __init__(self, name: str, asked: Asked, by: str, settings: Settings) -> None:
        self.name, self.asked, self.by = name, asked, by
        self.since = datetime.now(UTC)
        self.said = Said(state="starting", about="Starting")
        self._folder: Path | None = None
        command = [sys.executable, "-m", "serving.pipeline.sandbox", asked.model_dump_json()]
        # Its input is ours alone: when this process is gone, it ends.
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(settings),
        )
        threading.Thread(target=self._listen, name=f"sandbox-{name}", daemon=True).start()

    @property
    def is_over(self) -> bool:
        """Whether it plays no more: done, failed or ended."""
        return self.said.state in ("done", "failed")

    @property
    def source(self) -> EndpointSource | None:
        """Its own endpoint; None before it is up, and once it is gone."""
        if not self.said.url or self._folder is None or self._process.poll() is not None:
            return None
        token = self._folder / "keys" / "endpoint.token"
        return EndpointSource(self.said.url, token, "The sandbox has ended: start the replay again")

    def order(self, order: Order) -> None:
        """Say something to it; TransientError where it is gone."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(order.model_dump_json() + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError) as gone:
            raise TransientError(f"The sandbox {self.name} has ended. Expected a running one") from gone

    def end(self) -> None:
        """Close its input and wait; it is killed where it does not end by itself."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                try:
                    self.said = Said.model_validate_json(line)
                except ValueError:
                    _LOG.warning("sandbox %s: %s", self.name, line[:500])
                    continue
                if self.said.folder:
                    self._folder = Path(self.said.folder)
        code = self._process.wait()
        if not self.is_over:
            self.said = self.said.model_copy(
                update={"state": "failed", "about": f"Its process ended with code {code} before the day did"}
            )


class Sandboxes:
    """At most so many at a time; of those that are over, the oldest makes room for a new one."""

    def __init__(self, settings: Settings, most: int = MOST) -> None:
        self._settings, self._most = settings, most
        self._known: dict[str, Sandbox] = {}
        self._changing = threading.Lock()

    def start(self, asked: Asked, by: str) -> Sandbox:
        """Begin a replay for a person; TransientError where as many run as may."""
        with self._changing:
            over = [each for each in self._known.values() if each.is_over]
            if len(self._known) >= self._most:
                if not over:
                    raise TransientError(
                        f"{self._most} sandboxes play. Expected fewer than {self._most}: end one of them"
                    )
                self._end(over[0].name)
            found = Sandbox(secrets.token_hex(4), asked, by, self._settings)
            self._known[found.name] = found
            return found

    def all(self) -> list[Sandbox]:
        """The newest first."""
        return list(self._known.values())[::-1]

    def find(self, name: str) -> Sandbox:
        """MissingDataError where there is none of the name any more."""
        found = self._known.get(name)
        if found is None:
            raise MissingDataError(f"There is no sandbox {name[:20]!r}: it was ended. Start the replay again")
        return found

    def end(self, name: str) -> None:
        """End one; its folder is gone then."""
        with self._changing:
            self.find(name)
            self._end(name)

    def close(self) -> None:
        """End all."""
        with self._changing:
            for name in list(self._known):
                self._end(name)

    def _end(self, name: str) -> None:
        self._known.pop(name).end()


def _environment(settings: Settings) -> dict[str, str]:
    """Of this process, with the settings that it has itself; `sandboxed` takes what leads to the real endpoint away."""
    ours = {variable_of(name): str(getattr(settings, name)) for name in _OURS if getattr(settings, name)}
    return {**os.environ, **ours, **_UNTRACED, "TICKLAKE_HOME": str(settings.home.absolute())}
