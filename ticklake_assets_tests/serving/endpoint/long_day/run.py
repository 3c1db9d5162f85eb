"""One run: a real endpoint that is killed and comes back, five feeds, and a desk that changes models and a breaker."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from serving.endpoint.access.owner_token import endpoint_token
from ticklake_assets_tests.serving.endpoint.long_day.clients import Feed, Line, Subscriber
from ticklake_assets_tests.serving.endpoint.long_day.market import (
    BY_HAND,
    SWAPPED,
    SYMBOLS,
    Rows,
    Span,
    days_of,
    deployments,
    draw,
)
from ticklake_assets_tests.serving.endpoint_process import endpoint_process
from ticklake_assets_tests.serving.running_endpoint import bearer

_VARIABLES = {"TICKLAKE_LOG_LEVEL": "warning", "TICKLAKE_JOURNAL_FREE_BYTES": "0"}


@dataclass(frozen=True)
class Plan:
    span: Span
    blown: Span
    speed: float
    """Market seconds a second."""
    kills: int
    seed: int = 7

    def at(self, share: float) -> int:
        return self.span.start_us + round(share * (self.span.end_us - self.span.start_us))


@dataclass
class Day:
    """What a run left behind."""

    home: Path
    plan: Plan
    rows: dict[str, Rows]
    models: dict[str, list[bytes]]
    feeds: dict[str, Feed] = field(default_factory=dict)
    subscribers: dict[str, Subscriber] = field(default_factory=dict)
    hands: dict[str, tuple[int, int]] = field(default_factory=dict)
    """When `open` and `close` were asked for and answered, epoch microseconds."""
    wall_s: float = 0.0


def run_day(folder: Path, plan: Plan) -> Day:
    """Stream the span at the plan's speed; the endpoint is killed and started again meanwhile."""
    home = folder / "home"
    rows = {symbol: draw(folder / "drawn", symbol, plan.span, plan.blown) for symbol in SYMBOLS}
    models = {symbol: deployments(folder / "drawn", home / "keys", symbol) for symbol in SYMBOLS}
    day = Day(home, plan, rows, models)
    line, over, began = Line(plan.span.start_us, plan.speed), threading.Event(), time.monotonic()
    waiting = _desk(day, line)
    rng = random.Random(plan.seed)
    kills = [plan.at((number + rng.random()) / plan.kills) for number in range(plan.kills)]
    with _clients(day, line, over):
        for number, until_us in enumerate([*kills, None]):
            with endpoint_process(home, variables=_VARIABLES) as (process, url):
                line.token = endpoint_token(home / "keys")
                if number == 0:
                    line.restart_clock()
                    for symbol in SYMBOLS:
                        _call(url, line.token, "/v1/bundles", content=models[symbol][0])
                line.url = url
                while waiting and (until_us is None or waiting[0][0] < until_us):
                    at_us, act = waiting.pop(0)
                    line.wait_for(at_us)
                    act(url)
                if until_us is not None:
                    line.wait_for(until_us)
                    line.url = None
                    process.kill()
                else:
                    _finish(day, url, line.token, over)
    day.wall_s = time.monotonic() - began
    return day


def _desk(day: Day, line: Line) -> list[tuple[int, Callable[[str], None]]]:
    """What people do, each at its time in the market."""

    def push(number: int) -> Callable[[str], None]:
        data = day.models[SWAPPED][number]
        return lambda url: _call(url, line.token, "/v1/bundles", content=data)

    def roll_back(url: str) -> None:
        _call(url, line.token, f"/v1/models/{SWAPPED}/rollback")

    def hand(action: str) -> Callable[[str], None]:
        def act(url: str) -> None:
            heard, deadline = len(day.feeds[BY_HAND].signals), time.monotonic() + 10
            while len(day.feeds[BY_HAND].signals) == heard and time.monotonic() < deadline:
                time.sleep(0.02)  # after a slow start both hands would come at once
            asked = time.time_ns() // 1000
            told = {"action": action, "reason": "a person of the proof"}
            _call(url, line.token, f"/v1/breakers/{BY_HAND}", json=told)
            day.hands[action] = (asked, time.time_ns() // 1000)

        return act

    steps = {0.2: push(1), 0.3: push(2), 0.45: hand("open"), 0.6: roll_back, 0.75: hand("close")}
    return [(day.plan.at(share), act) for share, act in steps.items()]


@contextmanager
def _clients(day: Day, line: Line, over: threading.Event) -> Iterator[None]:
    day.feeds = {symbol: Feed(line, symbol, day.rows[symbol]) for symbol in SYMBOLS}
    day.subscribers = {symbol: Subscriber(line, symbol, over.is_set) for symbol in SYMBOLS}
    clients = [*day.feeds.values(), *day.subscribers.values()]
    for client in clients:
        client.start()
    try:
        yield
    finally:
        over.set()
        line.is_over = True
        for client in clients:
            client.join(30)
    for client in clients:
        if client.fault is not None:
            raise client.fault


def _finish(day: Day, url: str, token: str, over: threading.Event) -> None:
    """Let the feeds end and the subscribers read on to the end, and seal what is left."""
    for feed in day.feeds.values():
        while feed.is_alive():
            feed.join(1)
    for symbol, feed in day.feeds.items():
        deadline = time.monotonic() + 20
        while len(day.subscribers[symbol].signals) < len(feed.signals) and time.monotonic() < deadline:
            time.sleep(0.05)
        _call(url, token, f"/v1/journal/{symbol}/{days_of(symbol)[1].trading_day}/seal")
    over.set()


def _call(url: str, token: str, path: str, **more: Any) -> None:
    answer = httpx.post(url + path, headers=bearer(token), timeout=30, **more)
    assert answer.is_success, f"{path}: {answer.text}"
