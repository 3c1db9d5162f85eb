from __future__ import annotations

import asyncio

from mt5_bridge.wire.contract import Tick
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint


def test_ticks_are_counted_by_what_became_of_them(endpoint: RunningEndpoint) -> None:
    before = endpoint.get("/v1/stats").json()

    async def talk() -> None:
        async with endpoint.client.stream("USDCAD", "1970-01-01") as stream:
            await stream.start()
            await stream.ask(Tick(1, 5, 1.1, 1.2, 1.0, 1.0))
            await stream.ask(Tick(2, 6, 1.3, 1.2, 1.0, 1.0))
            await stream.ask(Tick(3, 4, 1.1, 1.2, 1.0, 1.0))

    asyncio.run(talk())
    after = endpoint.get("/v1/stats").json()
    assert after["ticks"] - before["ticks"] == 3
    assert after["late"] - before["late"] == 1
    assert after["quarantined"]["crossed"] - before["quarantined"].get("crossed", 0) == 1
    assert after["stages"]["clean"]["count"] - before["stages"].get("clean", {"count": 0})["count"] == 3
    assert {"events", "abstentions"} <= set(after), "as docs/endpoint.md says"
    assert 0 < after["p50_ms"] <= after["p99_ms"] < 60_000
