from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time
from pathlib import Path

import httpx

from ticklake_assets_tests.serving.deployments import AS_OF, make_deployment
from ticklake_assets_tests.serving.recorded_day import record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint
from ticklake_assets_tests.serving.series import series_of


def test_it_tells_what_was_answered(tmp_path: Path) -> None:
    recorded = record_day(tmp_path / "landing", ticks=400)
    with running_endpoint(tmp_path / "home") as endpoint:
        endpoint.push(make_deployment(endpoint.settings.keys_dir, "SYNEUR"))

        async def replay() -> list[str]:
            async with endpoint.client.stream("SYNEUR", recorded.day.trading_day.isoformat()) as stream:
                await stream.start()
                answers = [await stream.ask(tick) for tick in recorded.ticks]
                return [answer.signal.side for answer in answers if answer.signal is not None]

        sides = asyncio.run(replay())
        told, stats, (model,) = (
            series_of(endpoint.get("/metrics").text),
            endpoint.get("/v1/stats").json(),
            endpoint.get("/v1/models").json(),
        )
    clean = len(recorded.ticks) - sum(recorded.by_rule.values())
    assert told["ticks_total status=clean symbol=SYNEUR"] == clean
    for rule, count in recorded.by_rule.items():
        assert told[f"quarantined_total rule={rule} symbol=SYNEUR"] == stats["quarantined"][rule] == count
    assert told["events_total symbol=SYNEUR"] == len(sides) == stats["signals"] > 5
    for side in set(sides):
        assert told[f"signals_total side={side} symbol=SYNEUR"] == sides.count(side)
    assert told["stage_seconds_count stage=total"] >= len(recorded.ticks)
    assert 0 < told["stage_seconds_sum stage=total"] < 60
    for stage, least in (("read", len(recorded.ticks)), ("clean", len(recorded.ticks)), ("features", clean)):
        assert told[f"stage_seconds_count stage={stage}"] >= least
    for stage in ("score", "decide"):
        assert told[f"stage_seconds_count stage={stage}"] == len(sides)
    parts = [
        value for key, value in told.items() if key.startswith("stage_seconds_sum") and "total" not in key
    ]
    assert 0.5 * told["stage_seconds_sum stage=total"] < sum(parts) <= told["stage_seconds_sum stage=total"]
    assert told["connections kind=stream"] == 0
    assert 0 <= told["feed_age_seconds symbol=SYNEUR"] < 60
    assert told["journal_bytes"] > 50 * len(recorded.ticks)
    assert 0 < told["journal_room_bytes"] < told["journal_free_bytes"]
    age = datetime.now(UTC) - datetime.combine(AS_OF, time(), UTC)
    told_age = told[f"model_age_seconds digest={model['digest']} mode=live symbol=SYNEUR"]
    assert abs(told_age - age.total_seconds()) < 60


def test_a_scraper_needs_the_token(endpoint: RunningEndpoint) -> None:
    answer = httpx.get(endpoint.url + "/metrics", timeout=30)
    assert answer.status_code == 401
    assert "ticks" not in answer.text
