from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mt5_bridge.errors import BridgeError
from ticklake_assets_tests.serving.recorded_day import record_day
from ticklake_assets_tests.serving.running_endpoint import running_endpoint
from ticklake_assets_tests.webhook import webhook


def test_a_journal_that_is_full_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = record_day(tmp_path / "landing", ticks=200)
    with webhook() as hook:
        monkeypatch.setenv("TICKLAKE_NOTIFY", hook.url)
        monkeypatch.setenv("TICKLAKE_JOURNAL_MOST_BYTES", "6000")
        with running_endpoint(tmp_path / "home") as endpoint:

            async def replay() -> None:
                async with endpoint.client.stream("SYNEUR", recorded.day.trading_day.isoformat()) as stream:
                    await stream.start()
                    for tick in recorded.ticks:
                        await stream.ask(tick)

            for _ in range(3):
                with pytest.raises(BridgeError):
                    asyncio.run(replay())
        first, *rest = hook.posts  # the endpoint has stopped, and sent what waited
    assert first["title"] == "ticklake: journal refuses ticks: SYNEUR"
    assert "(TICKLAKE_JOURNAL_MOST_BYTES), were" in first["message"]
    assert len(rest) <= 1
