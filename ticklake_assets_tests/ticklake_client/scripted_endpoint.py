"""An endpoint that speaks the stream's protocol and drops its client at the worst moments."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from serving.endpoint.feed.signal_model import Signal
from serving.endpoint.feed.wire_models import example

WINDOW, MOST_TICKS = 12, 5


class ScriptedEndpoint:
    """It remembers ticks as the real one does: a message whole, or up to where its day turned."""

    def __init__(self, seed: int, drops: float) -> None:
        self._random = random.Random(seed)
        self._drops = drops
        self.remembered: list[tuple[int, list[Any]]] = []
        self.forgets = False
        """With the next message, everything."""
        self.most_on_the_way = 0
        self.connections = 0

    @property
    def last_seq(self) -> int:
        return self.remembered[-1][0] if self.remembered else 0

    async def serve(self, connection: ServerConnection) -> None:
        self.connections += 1
        messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        answering = asyncio.create_task(self._answer_all(connection, messages))
        heard = 0
        try:
            async for text in connection:
                message = json.loads(text)
                messages.put_nowait(message)
                if "rows" in message:
                    assert len(message["rows"]) <= MOST_TICKS
                    heard = max(heard, message["seq"] + len(message["rows"]) - 1)
                    self.most_on_the_way = max(self.most_on_the_way, heard - self.last_seq)
        except ConnectionClosed:
            pass
        finally:
            answering.cancel()

    async def _answer_all(
        self, connection: ServerConnection, messages: asyncio.Queue[dict[str, Any]]
    ) -> None:
        while True:
            message = await messages.get()
            await asyncio.sleep(0.002)
            if message["type"] == "ticks":
                await self._take(connection, message["seq"], message["rows"])
            else:
                await self._tell(connection, message)

    async def _take(self, connection: ServerConnection, seq: int, rows: list[Any]) -> None:
        if self.forgets:
            self.remembered.clear()
            connection.transport.abort()
            return
        assert seq == self.last_seq + 1, "a gap, or a tick twice"
        is_dropped = self._random.random() < self._drops
        kept = self._random.randint(0, len(rows)) if is_dropped else len(rows)
        self.remembered += [(seq + at, row) for at, row in enumerate(rows[:kept])]
        if is_dropped:
            connection.transport.abort()
        else:
            await self._say(connection, {"type": "ack", "seq": self.last_seq, **self._since(seq - 1)})

    async def _tell(self, connection: ServerConnection, message: dict[str, Any]) -> None:
        told = {
            "type": "resumed" if message["type"] == "resume" else "started",
            "last_seq": self.last_seq or None,
            "complete": True,
            "trading_day": "2024-01-17",
            "window": WINDOW,
            "most_ticks": MOST_TICKS,
        }
        if "acknowledged" in message:
            told |= self._since(message["acknowledged"])
        await self._say(connection, told)

    def _since(self, seq: int) -> dict[str, Any]:
        seqs = [known for known, _ in self.remembered if known > seq]
        signals = [{**example(Signal), "seq": known} for known in seqs if known % 3 == 0]
        not_clean = [{"seq": known, "status": "late", "rule": None} for known in seqs if known % 7 == 0]
        return {"signals": signals, "not_clean": not_clean}

    async def _say(self, connection: ServerConnection, told: dict[str, Any]) -> None:
        await connection.send(json.dumps(told))


@asynccontextmanager
async def scripted_endpoint(seed: int = 0, drops: float = 0.0) -> AsyncIterator[tuple[ScriptedEndpoint, str]]:
    """The endpoint and its URL."""
    scripted = ScriptedEndpoint(seed, drops)
    async with serve(scripted.serve, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield scripted, f"http://127.0.0.1:{port}"
