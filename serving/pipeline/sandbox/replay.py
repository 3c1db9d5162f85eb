"""A day of the lake through an endpoint of its own: same program, another folder, port, token and journal."""

from __future__ import annotations

import asyncio
import io
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import uvicorn
from pydantic import SecretStr

from serving.endpoint.access.owner_token import endpoint_token
from serving.endpoint.server import make_server
from serving.pipeline.sandbox.asked import Asked, Order, Said, Summary
from serving.pipeline.sandbox.lake_day import LakeDay, deployment, judgement, read_day
from serving.pipeline.sandbox.pace import Pace
from serving.pipeline.sandbox.parity import parity_of
from ticklake_assets.core.errors import BundleError, SetupError
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport
from ticklake_assets.research import Lake
from ticklake_assets.settings import Settings
from ticklake_client import Client, Signal

_TOLD_EVERY_S = 0.5
Tell = Callable[[Said], None]


def sandboxed(settings: Settings, folder: Path) -> Settings:
    """The settings with nothing left that leads to the real endpoint, its journals, its tokens or to people."""
    chosen = Settings(
        home=folder,
        endpoint_dir=folder / "endpoint",
        endpoint_tls_cert=None,
        endpoint_tls_key=None,
        endpoint_behind_proxy="",
        endpoint_symbols="",
        notify=SecretStr(""),
        trace_share=0,
        journal_durability="process",
        log_level="warning",
    )
    chosen.keys_dir.mkdir(mode=0o700)
    public = settings.keys_dir / "signing.pub"
    if public.exists():  # it verifies what the owner signed, and signs nothing
        shutil.copy(public, chosen.keys_dir / public.name)
    return chosen


class Replay:
    """One day, from its first tick to its summary."""

    def __init__(self, lake: Lake, asked: Asked, folder: Path, tell: Tell) -> None:
        self.pace = Pace(asked.speed)
        self._lake, self._asked, self._folder, self._tell = lake, asked, folder, tell
        self._url = ""
        self._done = self._of = self._at_us = 0
        self._signals: list[Signal] = []

    def obey(self, order: Order) -> None:
        """Pause, go on, or change the speed; at once."""
        match order.do:
            case "pause":
                self.pace.change(paused=True)
            case "go_on":
                self.pace.change(paused=False)
            case "speed":
                self.pace.change(speed=order.speed)
        self._say()

    async def run(self) -> None:
        """Play the day and keep the endpoint up behind it, until cancelled.

        Raises:
            MissingDataError, BundleError, SetupError: the day, the bundle or the endpoint could not be had.
        """
        self._tell(Said(state="starting", about="Reading the day"))
        day = await asyncio.to_thread(read_day, self._lake, self._asked)
        report = None
        if self._asked.bundle:
            report = await asyncio.to_thread(judgement, self._lake, self._asked)
        self._tell(Said(state="starting", about="Starting an endpoint of its own"))
        settings = sandboxed(self._lake.settings, self._folder)
        async with _serving(settings) as self._url:
            if report is not None:
                await self._admit(settings, report)
            token = endpoint_token(settings.keys_dir)
            self._of = len(day.ticks)
            self._say()
            began = time.monotonic()
            await self._play(day, token)
            seconds = time.monotonic() - began
            summary = await self._summary(report, token, seconds)
            self._tell(self._said("done").model_copy(update={"summary": summary}))
            await asyncio.Event().wait()

    async def _admit(self, settings: Settings, report: WalkForwardReport) -> None:
        """Have the endpoint verify the bundle, replay its golden ticks and take it, as it would live."""
        archive = await asyncio.to_thread(deployment, self._lake, self._asked, report)
        headers = {
            "Authorization": f"Bearer {endpoint_token(settings.keys_dir)}",
            "Content-Type": "application/zip",
        }
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            answer = await client.post(f"{self._url}/v1/bundles", content=archive, headers=headers)
        if answer.status_code != httpx.codes.CREATED:
            raise BundleError(f"The sandbox's endpoint refused the bundle: {answer.text}")

    async def _play(self, day: LakeDay, token: str) -> None:
        told = time.monotonic()
        with Client(self._url, token) as client:
            async with client.stream(self._asked.symbol, self._asked.day.isoformat()) as stream:
                await stream.start(complete=True, rolls=False)
                async for first, end in self.pace.batches(day.times_us):
                    said = await stream.send(day.ticks[first:end])
                    self._signals += said.signals
                    self._done, self._at_us = end, day.times_us[end - 1]
                    if time.monotonic() - told >= _TOLD_EVERY_S:
                        told = time.monotonic()
                        self._say()

    async def _summary(self, report: WalkForwardReport | None, token: str, seconds: float) -> Summary:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            base_url=self._url, headers=headers, timeout=60, trust_env=False
        ) as client:
            stats: dict[str, Any] = (await client.get("/v1/stats")).raise_for_status().json()
            answer = await client.get(f"/v1/served/{self._asked.symbol}/{self._asked.day}")
        served = np.load(io.BytesIO(answer.raise_for_status().content), allow_pickle=False)
        parity = await asyncio.to_thread(parity_of, self._lake, self._asked, report, served, self._signals)
        return Summary(
            ticks=stats["ticks"],
            quarantined=stats["quarantined"],
            events=stats["events"],
            signals=stats["signals"],
            actionable=sum(each.is_actionable for each in self._signals),
            by_side=Counter(each.side for each in self._signals),
            abstentions=stats["abstentions"],
            p50_ms=stats["p50_ms"],
            p99_ms=stats["p99_ms"],
            seconds=seconds,
            parity=parity,
        )

    def _say(self) -> None:
        self._tell(self._said("paused" if self.pace.is_paused else "playing"))

    def _said(self, state: Any) -> Said:
        return Said(
            state=state,
            url=self._url,
            folder=str(self._folder),
            ticks=self._done,
            of=self._of,
            at_us=self._at_us,
            speed=self.pace.speed,
        )


@asynccontextmanager
async def _serving(settings: Settings) -> AsyncIterator[str]:
    """An endpoint on a free port, in the loop that feeds it: what it measures of itself is itself alone."""
    server: uvicorn.Server = make_server(settings, "127.0.0.1", 0)
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if serving.done():
                serving.result()
                raise SetupError(
                    "The sandbox's endpoint ended before it served. Expected a free port and folder"
                )
            await asyncio.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
