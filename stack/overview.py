"""What the services of a site are doing now, as a table; and progress while they start."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import NamedTuple

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Column, Table

from stack.process import Identity, is_alive, memory_of
from stack.service import Service
from stack.site import Site
from stack.supervisor import State

GIB = 1 << 30


class Standing(NamedTuple):
    service: Service
    word: str
    """healthy, not healthy, dead, or down."""
    process: Identity | None
    memory: int
    """Bytes, of all its processes."""


def standings(site: Site, services: Sequence[Service]) -> list[Standing]:
    with ThreadPoolExecutor(len(services)) as pool:  # a hung one delays no other
        return list(pool.map(lambda service: _standing(site, service), services))


def _standing(site: Site, service: Service) -> Standing:
    process = site.process(service.name)
    if process is None:
        return Standing(service, "down", None, 0)
    if not is_alive(process):
        return Standing(service, "dead", process, 0)
    word = "healthy" if service.is_healthy(site) else "not healthy"
    return Standing(service, word, process, memory_of(process, site.mark_of(service.name)))


def table_of(site: Site, found: Sequence[Standing]) -> Table:
    total = f"{sum(standing.memory for standing in found) / GIB:.2f}"
    memory = Column("GiB", total, justify="right", no_wrap=True)
    columns = [Column(name, no_wrap=True) for name in ("service", "state", "address")]
    table = Table(*columns, memory, show_footer=True)
    for service, word, process, memory_b in found:
        address = service.address(site) if process else ""
        table.add_row(service.name, word, address, f"{memory_b / GIB:.2f}" if memory_b else "")
    return table


class Progress:
    """A line a service with its state and the seconds since it began; refreshed in place on a terminal."""

    def __init__(self, console: Console, services: Sequence[Service]) -> None:
        self._steps = {service.name: (State.WAITING, 0.0, 0.0) for service in services}
        self._console = console
        self._live = Live(console=console, get_renderable=self._lines, refresh_per_second=4)

    def __call__(self, service: Service, state: State) -> None:
        _, began, _ = self._steps[service.name]
        now = time.monotonic()
        self._steps[service.name] = (state, began or now, now)

    def __enter__(self) -> Progress:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)
        if not self._console.is_terminal:
            self._console.print()  # rich ends the last picture without a new line there

    def _lines(self) -> RenderableType:
        lines = Table.grid(padding=(0, 2))
        for name, (state, began, changed) in self._steps.items():
            end = time.monotonic() if state in {State.INSTALLING, State.STARTING} else changed
            lines.add_row(name, state, f"{end - began:.1f} s" if began else "")
        return lines
