"""A day, or a part of it, through a running bridge, and what became of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from mt5_bridge.config import BridgeConfig
from mt5_bridge.running.events import Event, EventStream
from mt5_bridge.running.opening import open_bridge
from mt5_bridge.running.reconciliation import Reconciliation
from mt5_bridge.running.telling import Heartbeat
from mt5_bridge.trading.modes import Asked, Mode
from mt5_bridge.trading.words import Entry, Position
from mt5_bridge.wire.client import EndpointClient
from ticklake_assets_tests.mt5_bridge.running.played_market import PlayedMarket

PAPER = Asked(Mode.PAPER, False, None, None, None)
DEMO = Asked(Mode.DEMO, False, None, None, None)
Kind = TypeVar("Kind", bound=Event)


@dataclass
class Day:
    folder: Path
    events: list[Event] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    passed_over: Counter[str] = field(default_factory=Counter)
    ticks: int = 0
    stopped: str | None = None
    reconciliation: Reconciliation | None = None

    def trades(self) -> dict[str, Position]:
        return {name: entry.position for name, entry in self.entries.items() if entry.position is not None}

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]


def config_of(folder: Path, **more: object) -> BridgeConfig:
    fields = {
        "folder": folder,
        "endpoint": {"token_file": folder},
        "symbols": {"SYNEUR": {"broker_name": "EURUSD.m"}},
    }
    return BridgeConfig.model_validate(fields | more)


def trade(
    played: PlayedMarket,
    client: EndpointClient,
    folder: Path,
    day: Day | None = None,
    *,
    asked: Asked = PAPER,
    show: Callable[[dict[str, Any]], None] | None = None,
    **more: object,
) -> Day:
    """Run a bridge until the market is over; `day` is filled in as far as it comes."""
    day = day or Day(folder)
    events = EventStream()
    events.subscribe(day.events.append)
    with open_bridge(config_of(folder, **more), asked, played.market, client, events, show) as bridge:
        bridge.heartbeat = Heartbeat(folder, dry_run=show is not None)
        day.entries = bridge.journal.entries
        try:
            asyncio.run(bridge.run())
        finally:
            day.stopped, day.reconciliation = bridge.stopped, bridge.reconciliation
            day.ticks = bridge.runs[0].ticks
            day.passed_over = bridge.runs[0].bridge.passed_over
    return day


def acting(acts: dict[int, Callable[[], object]]) -> Callable[[int], None]:
    """Do what is planned for a step of the market."""

    def act(shown: int) -> None:
        if shown in acts:
            acts[shown]()

    return act
