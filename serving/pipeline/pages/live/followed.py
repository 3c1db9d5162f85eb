"""A symbol at an endpoint, followed once for all who look: its quotes, its signals, and how it does.

Three tasks of one loop: the newest quotes and the signals are streams of the endpoint, watch and latency are asked for
every few seconds. Each comes back by itself; until then viewers are told that what they see is not of now.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx

from serving.pipeline.answers import Answer, ask
from serving.pipeline.pages.live.day_counts import SHOWN, DayCounts
from serving.pipeline.pages.live.fan_out import FanOut
from serving.pipeline.pages.live.figures import Figures
from serving.pipeline.rendering import fragment
from serving.pipeline.sources.endpoint import EndpointSource
from ticklake_assets.core.errors import TicklakeError

DRAWN = 1500
"""Quotes that a new viewer's chart begins with: some five minutes."""
_ASKED_EVERY_S = 2.0
_TOGETHER_S = 0.2
_SILENT_S = 10.0
"""An endpoint that is well says something every second."""
_PAUSES_S = (0.5, 1.0, 2.0, 5.0)


class Event(NamedTuple):
    id: str
    data: str


class Followed:
    def __init__(self, source: EndpointSource, symbol: str) -> None:
        self.symbol = symbol
        self.fan_out = FanOut(self._picture, self._now)
        self.counts = DayCounts()
        self._source = source
        self._quotes: deque[tuple[int, float, float]] = deque(maxlen=DRAWN)
        self._quote: dict[str, Any] = {}
        self._heard = time.monotonic()
        """When the endpoint last said a quote."""
        self._problem = "The endpoint has not answered yet"
        """Why what is shown is not of now; empty while it is."""
        self._since_us: int | None = None
        """When the endpoint that is followed started."""
        self._note = ""
        """What happened at the endpoint since it is followed, where that changes what is shown."""
        self._fresh: list[dict[str, Any]] = []
        """Signals that viewers are about to be told; no picture has them yet."""
        self._about = ""
        self._knows_day = asyncio.Event()

    async def run(self) -> None:
        """Follow until cancelled."""
        timeout = httpx.Timeout(_SILENT_S, connect=1.0)
        async with (
            httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(self._again(client, self._follow_quotes, tells=True))
            tasks.create_task(self._again(client, self._follow_signals))
            tasks.create_task(self._ask_again())

    async def _again(self, client: httpx.AsyncClient, follow: Any, *, tells: bool = False) -> None:
        """Follow a stream, and again whenever it ends; the one that `tells` says so to viewers."""
        failures = 0
        while True:
            began = time.monotonic()
            try:
                await follow(client)
                problem = "The endpoint ended the stream: it stops, or starts anew"
            except TicklakeError as error:
                problem = str(error)
            except (httpx.HTTPError, ValueError, KeyError) as error:  # or something else answers there
                problem = str(self._source.down(error))
            if tells:
                self._told(problem)
            failures = failures + 1 if time.monotonic() - began < _SILENT_S else 0
            await asyncio.sleep(_PAUSES_S[min(failures, len(_PAUSES_S) - 1)])

    async def _follow_quotes(self, client: httpx.AsyncClient) -> None:
        async for event in self._events(client, f"/v1/quotes/{quote(self.symbol)}"):
            self._took(json.loads(event.data))

    def _took(self, told: dict[str, Any]) -> None:
        if self._since_us not in (None, told["since_us"]):
            self._note = "The endpoint was restarted: its counts begin anew"
        is_new = told["ts_us"] is not None and told["ts_us"] != self._quote.get("ts_us")
        self._since_us, self._heard, self._quote = told["since_us"], time.monotonic(), told
        day = told["day"] or ""
        if day > self.counts.day:
            self.counts.begin(day)
            self._quotes.clear()
        if is_new:
            last = self._quotes[-1][0] if self._quotes else 0
            if told["ts_us"] < last:  # the day is streamed anew
                self._quotes.clear()
                self._note = "The day was begun anew: signals that were told before are not told again"
            self._quotes.append((told["ts_us"], told["bid"], told["ask"]))
        self._knows_day.set()
        if self._problem:
            self._told("")
        self.fan_out.publish("quote", self._now())

    def _told(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            self.fan_out.publish("now", self._now())

    async def _follow_signals(self, client: httpx.AsyncClient) -> None:
        await self._knows_day.wait()
        after = self.counts.last_id or self.counts.day
        query = f"?after={quote(after)}" if after else ""
        async for event in self._events(client, f"/v1/signals/{quote(self.symbol)}{query}"):
            signal = json.loads(event.data)
            if self.counts.take(event.id, signal):
                if not self._fresh:
                    asyncio.get_running_loop().call_later(_TOGETHER_S, self._tell_signals)
                self._fresh.append(signal)

    def _tell_signals(self) -> None:
        """Those of a moment in one frame: a journal that is caught up with has a thousand."""
        told = {"signals": self._fresh[-SHOWN:], "counts": self.counts.as_dict()}
        self._fresh = []
        self.fan_out.publish("signals", json.dumps(told))

    async def _events(self, client: httpx.AsyncClient, path: str) -> AsyncIterator[Event]:
        """Server-sent events of the endpoint; TicklakeError where it refuses."""
        headers = self._source.headers()
        # Quotes come each second; of signals a comment comes every 15.
        timeout = httpx.Timeout(_SILENT_S if "/quotes/" in path else 60.0, connect=1.0)
        async with client.stream("GET", self._source.url + path, headers=headers, timeout=timeout) as answer:
            if not answer.is_success:
                raise self._source.refused(answer.status_code, await answer.aread())
            named = ""
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    named = line[4:]
                elif line.startswith("data: "):
                    yield Event(named, line[6:])

    async def _ask_again(self) -> None:
        while True:
            figures = await asyncio.to_thread(self._figures)
            about = fragment("pages/live/about.html", figures=figures, symbol=self.symbol)
            if about != self._about:
                self._about = about
                self.fan_out.publish("about", about)
            await asyncio.sleep(_ASKED_EVERY_S)

    def _figures(self) -> Answer[Figures]:
        return ask(Figures.of, self._source, self.symbol, self.counts)

    def _now(self) -> str:
        """The newest quote, how old it is, and whether it is of now."""
        told = self._quote
        age_s = None
        if told and told["received_us"] is not None:
            age_s = round((told["now_us"] - told["received_us"]) / 1e6 + time.monotonic() - self._heard, 1)
        shown = {name: told.get(name) for name in ("ts_us", "bid", "ask", "day", "now_us", "ticks")}
        return json.dumps(
            {**shown, "age_s": age_s, "problem": self._problem, "note": self._note}
            | {"counts": self.counts.as_dict()}
        )

    def _picture(self) -> str:
        newest = list(self.counts.newest)
        return json.dumps(
            {
                "now": json.loads(self._now()),
                "quotes": list(self._quotes),
                "signals": newest[: max(len(newest) - len(self._fresh), 0)],
                "about": self._about,
            }
        )


async def cancelled(task: asyncio.Task[None]) -> None:
    """End a task and wait until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
