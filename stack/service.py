"""The shape that every service of the stack has: install, configure, start, health, stop."""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from stack.site import Site
from ticklake_assets.core.errors import SetupError
from ticklake_assets.spark.java import JavaNeed


class MissingProgramError(SetupError):
    """The machine has no program for a service, which is skipped: the others start without it."""


class Program(NamedTuple):
    """How a service's process is started."""

    command: Sequence[str | Path]
    environment: Mapping[str, str] = {}
    """Added to the environment of the stack."""
    folder: Path | None = None
    """Working folder; None: the service's own."""
    user: str | None = None
    """Unprivileged user to run as where the stack runs as root."""


class Service(ABC):
    """One server of the stack. Everything it needs to know comes from the site; it keeps no state of its own."""

    name: ClassVar[str]
    by_default: ClassVar[bool] = True
    """Whether it starts when no service is named."""
    ports: ClassVar[tuple[str, ...]] = ()
    """Names of the ports that it listens on, on 127.0.0.1 alone; `Site.port(name)` gives the number."""
    has_grpc: ClassVar[bool] = False
    """Whether it listens on the gRPC neighbour of each port (`stack/ports.py`), too."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Services that must be healthy before this one starts."""
    after: ClassVar[tuple[str, ...]] = ()
    """Services whose end of starting it awaits where they start with it: it reads their addresses once."""
    metrics_port: ClassVar[str] = ""
    """Name of the port on which Prometheus finds its figures; empty: it has none."""
    java: ClassVar[JavaNeed | None] = None
    """The Java that it starts on. What runs is looked at and stopped without one."""
    ready_s: ClassVar[float] = 120.0
    """How long it may take until it is healthy, seconds."""
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    @abstractmethod
    def install(self, site: Site) -> None:
        """Put its program into the site's cache, verified; nothing happens where it is there."""

    def configure(self, site: Site) -> None:  # noqa: B027 some have flags and environment alone
        """Write its configuration under `site.folder_of(name)` from the templates; a rerun writes the same."""

    @abstractmethod
    def program(self, site: Site) -> Program:
        """The process to start."""

    @abstractmethod
    def is_healthy(self, site: Site) -> bool:
        """Whether it answers now, and rightly; never raises for a service that is down."""

    def settle(self, site: Site) -> None:  # noqa: B027 most have nothing to do
        """Make what others expect of it, once for each start: a database, a bucket, a flow. Idempotent."""

    @abstractmethod
    def address(self, site: Site) -> str:
        """What to show a person, like http://127.0.0.1:8080."""

    def settings(self, site: Site) -> dict[str, str]:
        """Environment variables that point ticklake at it."""
        return {}
