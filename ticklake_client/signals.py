"""Signals as they are made, across lost connections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from websockets.exceptions import ConnectionClosed

from ticklake_client.connection import Address
from ticklake_client.wire import Signal, SignalEvent, checked, parse


async def read_signals(address: Address, symbol: str, after: str) -> AsyncIterator[SignalEvent]:
    """Each signal behind the id `after` once, in order."""

    def path() -> str:
        return f"/v1/signals/{symbol}" + (f"?after={quote(after)}" if after else "")

    connection = await address.open(path())
    while True:
        try:
            async for text in connection:
                told = parse(text)
                event = SignalEvent(str(told.get("id")), checked(Signal, told.get("signal")))
                after = event.id
                yield event
        except ConnectionClosed:
            pass
        finally:
            await connection.close()
        connection = await address.again(lambda: address.open(path()))
