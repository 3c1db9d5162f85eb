"""A symbol's run where its terminal or its endpoint fails."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from mt5_bridge.errors import TerminalError
from mt5_bridge.running.events import EventStream
from mt5_bridge.running.feed import Feed
from mt5_bridge.running.link import Link, Told
from mt5_bridge.running.loop import RunningBridge
from mt5_bridge.running.symbol import SymbolRun
from mt5_bridge.running.telling import _state
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.trading.bridge import Bridge
from mt5_bridge.trading.words import Quote
from mt5_bridge.wire.client import EndpointClient
from mt5_bridge.wire.contract import Answer, Tick
from ticklake_assets_tests.mt5_bridge.running.played_market import PlayedMarket
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import CLOCK

_TODAY = date(2024, 1, 17)
_QUOTE = Quote(round(datetime(2024, 1, 17, 9, tzinfo=UTC).timestamp() * 1e6), 1, 1.1, 1.10002)


def _run(market: PlayedMarket) -> SymbolRun:
    def open_feed(day: date) -> Feed:
        return Feed(cast("RunningMt5", market), "EURUSD.m", CLOCK, day)

    nobody = EndpointClient("http://127.0.0.1:9", "token", 0.1)
    link = Link(nobody, "SYNEUR", rolls=True, patience_seconds=0.1)
    none = cast("Bridge", None)
    return SymbolRun("SYNEUR", open_feed, link, none, market, EventStream(), _TODAY, 0)


def test_a_terminal_that_forgot_the_days_ticks_is_waited_for() -> None:
    """After an update it answers, and has none yet."""
    market = PlayedMarket(quotes=[_QUOTE])
    run = _run(market)
    run.ticks = 1  # the endpoint was shown some, and forgot them
    first = run._feed.poll()
    run.link.waiting.extend(first)
    market.shown = 0
    with pytest.raises(TerminalError, match="Expected ticks of SYNEUR since 2024-01-17"):
        asyncio.run(run.step())


def test_an_endpoint_that_is_away_is_told() -> None:
    market = PlayedMarket(quotes=[_QUOTE])
    run = _run(market)
    run.bridge = cast("Bridge", _Watching())
    asyncio.run(run.step())
    bridge = SimpleNamespace(stopped=None, lost=None, gate=SimpleNamespace(killed=None), runs=[run])
    state, _ = _state(cast("RunningBridge", bridge))
    assert state == "waiting for the endpoint"


class _Watching:
    def on_quote(self, quote: Quote) -> None:
        assert quote.bid == _QUOTE.bid


class _BusyLink:
    """Its endpoint answers in 10 ms, in which there is a new tick."""

    is_open, turns = True, False

    def __init__(self, market: PlayedMarket) -> None:
        self._market = market
        self.waiting: deque[Tick] = deque()
        self.answered = 0

    async def next(self) -> Told:
        tick = self.waiting.popleft()
        self.answered += 1
        assert self.answered < 1000, "kill switch and account are not looked at meanwhile"
        self._market.now += 10_000
        return Told(tick, Answer(tick.seq, "late", None, None), 0.01)


class _BusyFeed:
    def poll(self) -> list[Tick]:
        return [Tick(1, _QUOTE.ts_us, 1.1, 1.10002, None, None)]


class _Answered:
    def on_answer(self, tick: Tick, answer: Answer) -> None:
        pass


def test_a_busy_market_leaves_time_for_the_kill_switch() -> None:
    market = PlayedMarket(quotes=[_QUOTE])
    run = _run(market)
    run.link, run._feed = cast("Link", _BusyLink(market)), cast("Feed", _BusyFeed())
    run.bridge = cast("Bridge", _Answered())
    assert asyncio.run(run.step())
