"""A running bridge with all that listens to it: log, notices, metrics, status."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from mt5_bridge.config import BridgeConfig
from mt5_bridge.errors import BridgeError
from mt5_bridge.people.logs import logs_to
from mt5_bridge.people.metrics import served_metrics
from mt5_bridge.people.notices import notify
from mt5_bridge.replay.replay import loop_factory
from mt5_bridge.running.events import EventStream
from mt5_bridge.running.loop import RunningBridge
from mt5_bridge.running.markets import open_market
from mt5_bridge.running.opening import folder_of, open_bridge
from mt5_bridge.running.telling import Heartbeat
from mt5_bridge.running.telling_people import PeopleListener
from mt5_bridge.trading.modes import Asked
from mt5_bridge.wire.client import EndpointClient


@contextmanager
def opened(
    config: BridgeConfig,
    asked: Asked,
    client: EndpointClient,
    show: Callable[[dict[str, Any]], None] | None = None,
) -> Iterator[RunningBridge]:
    """A bridge that is checked and reconciled, and has sent nothing yet; `show` makes it a dry run."""
    folder = folder_of(config, show)
    events, heartbeat = EventStream(), Heartbeat(folder, dry_run=show is not None)
    with ExitStack() as parts:
        events.subscribe(parts.enter_context(logs_to(folder)))
        if config.notify:
            events.subscribe(PeopleListener())
        if config.metrics.port is not None:
            parts.enter_context(served_metrics(config.metrics.port, lambda: heartbeat.newest))
        market = parts.enter_context(open_market(config))
        bridge = parts.enter_context(open_bridge(config, asked, market, client, events, show))
        bridge.heartbeat = heartbeat
        yield bridge


def run(bridge: RunningBridge, tell: Callable[[str, str], object] = notify) -> str:
    """Trade until it is stopped; returns why it was, and what stays open.

    An error of nobody's making is told to people here; of those on purpose its caller tells.
    """
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(bridge.run())
    except BridgeError:
        raise
    except Exception as error:
        tell("ticklake-bridge stopped", repr(error))
        raise
    return f"{bridge.stopped}; {_left_open(bridge.open_positions)}"


def _left_open(count: int) -> str:
    if not count:
        return "no position is open"
    return (
        f"{count} positions stay open with the stops and targets that the broker has; "
        "their exits by time need a running bridge"
    )
