"""A real bridge, over recorded quotes and a real endpoint, is seen and stopped while it runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mt5_bridge.trading.words import Fate, OrderState, Quote
from serving.pipeline.sources.bridges import Bridges
from ticklake_assets.settings import Settings
from ticklake_assets_tests.mt5_bridge.running.days import DEMO, acting, trade
from ticklake_assets_tests.mt5_bridge.running.played_market import PlayedMarket
from ticklake_assets_tests.serving.pipeline.conftest import SignIn
from ticklake_assets_tests.serving.recorded_day import record_day
from ticklake_assets_tests.serving.running_endpoint import scored_endpoint

_KILL, _RESUME = 60, 120
_ANY_HOUR = 'weekend = "unlimited"\nrollover = "unlimited"\n[streak]\nlosses = "unlimited"\n'


@pytest.fixture
def quotes(tmp_path: Path) -> list[Quote]:
    kept = record_day(tmp_path / "landing", ticks=400).quotes
    rows = zip(kept.ts_us.tolist(), kept.bid.tolist(), kept.ask.tolist(), strict=True)
    return [Quote(ts_us, n, bid, ask) for n, (ts_us, bid, ask) in enumerate(rows, start=1)][:200]


def test_a_running_bridge_is_shown_killed_and_resumed_by_the_pages(
    signed_in: SignIn, settings: Settings, quotes: list[Quote], tmp_path: Path
) -> None:
    folder = settings.home / "bridges" / "real"
    (tmp_path / "limits.toml").write_text(_ANY_HOUR)
    client, seen = signed_in("trade"), dict[str, str]()

    def look(when: str) -> None:
        seen[when] = client.get("/trading/real").text

    def switch(action: str) -> None:
        assert client.post(f"/trading/real/switch/{action}", data={"reason": "by hand"}).status_code == 303

    acts = {
        _KILL - 1: lambda: look("before"),
        _KILL: lambda: switch("kill"),
        _RESUME - 1: lambda: look("killed"),
        _RESUME: lambda: switch("resume"),
    }
    with scored_endpoint(tmp_path / "endpoint") as endpoint:
        played = PlayedMarket(quotes=quotes, at=acting(acts))
        day = trade(played, endpoint.client, folder, asked=DEMO, limits=tmp_path / "limits.toml", mode="demo")

    stopped = [entry for entry in day.entries.values() if entry.reason == "killed"]
    assert len(stopped) > 2
    assert all(entry.fate is Fate.DECLINED for entry in stopped)
    assert "by hand (anna, by the pages)" in stopped[0].detail
    kills, resumes = quotes[_KILL].ts_us, quotes[_RESUME].ts_us
    # from its next turn on: not one quote later than the one at which it was asked
    entered = [entry.intent.ts_us for entry in day.entries.values() if entry.position is not None]
    assert not [ts_us for ts_us in entered if kills < ts_us < resumes]
    assert min(entered) < kills < resumes < max(entered)
    assert all(kills <= entry.intent.ts_us <= resumes for entry in stopped)

    assert "DEMO" in seen["before"]
    assert "exposure.open_risk_percent" in seen["before"]
    assert "Equity, the last day" in seen["before"]
    assert "Killed: by hand" in seen["killed"]
    assert "by hand (anna, by the pages)" in seen["killed"].split("Not sent, and why")[1]
    after = client.get("/trading/real").text
    closed = [entry for entry in day.entries.values() if entry.fate is OrderState.CLOSED]
    assert closed
    assert all(entry.intent.intent_id in after for entry in closed[-10:])


def test_its_folder_is_read_as_its_own_commands_read_it(
    settings: Settings, quotes: list[Quote], tmp_path: Path
) -> None:
    folder = settings.home / "bridges" / "real"
    with scored_endpoint(tmp_path / "endpoint") as endpoint:
        day = trade(PlayedMarket(quotes=quotes), endpoint.client, folder)
    bridges = Bridges(settings)
    (bridge,) = bridges.all()
    told = bridges.told(bridge)
    assert {entry.intent.intent_id: entry for entry in told.entries} == day.entries
    status = bridge.status()
    assert (status.mode, status.state) == ("paper", "stopped")
    assert bridge.silent_s(status, datetime.max.replace(tzinfo=UTC)) == 0
