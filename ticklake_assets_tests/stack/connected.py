"""A Spark Connect server beside what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stack import supervisor
from stack.services.registry import with_needs
from stack.services.spark import SparkConnect
from stack.site import Site
from stack.supervisor import State
from ticklake_assets_tests.stack.scripted import bring_up


@contextmanager
def connected(site: Site) -> Iterator[SparkConnect]:
    """The server is healthy during the block and gone after it; what it needs stays up."""
    service = SparkConnect()
    try:
        outcomes = bring_up(site, *with_needs([service.name]))
        assert outcomes[service.name].state == State.HEALTHY, outcomes
        yield service
    finally:
        supervisor.down(site, [service])
