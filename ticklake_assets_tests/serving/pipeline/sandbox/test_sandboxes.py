"""Sandboxes as real child processes over a small lake: what they say, and that none outlives who started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from serving.pipeline.sandbox.asked import FASTEST, Asked, Order, Said
from serving.pipeline.sandbox.replay import sandboxed
from serving.pipeline.sandbox.sandboxes import Sandboxes
from ticklake_assets.core.day_files import RAW
from ticklake_assets.core.errors import MissingDataError, TransientError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.settings import Settings
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets.sources.synthetic import synthetic_day

DAY = SymbolDay("SYNEUR", date(2024, 1, 17))
_PATIENCE_S = 60.0


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home whose lake has one raw day."""
    home = tmp_path_factory.mktemp("home")
    file = publish_day(home / "made", DAY, synthetic_day(DAY, 1, 1.0)).path
    key = home / "lake" / f"{RAW}SYNEUR/2024/01/{file.name}"
    key.parent.mkdir(parents=True)
    file.rename(key)
    return Settings(home=home)


@pytest.fixture
def sandboxes(lake: Settings) -> Iterator[Sandboxes]:
    made = Sandboxes(lake, most=1)
    yield made
    made.close()


def test_a_day_plays_stops_goes_on_and_ends_with_a_summary(sandboxes: Sandboxes) -> None:
    playing = sandboxes.start(Asked(symbol="SYNEUR", day=DAY.trading_day, speed=1000.0), "anna")
    _until(lambda: playing.said.ticks > 0)
    with pytest.raises(TransientError, match="end one of them"):
        sandboxes.start(playing.asked, "anna")
    playing.order(Order(do="pause"))
    _until(lambda: playing.said.state == "paused")
    stands = playing.said.ticks
    assert playing.source is not None
    assert playing.source.watch("SYNEUR") is not None
    assert playing.said.ticks == stands
    playing.order(Order(do="speed", speed=FASTEST))
    playing.order(Order(do="go_on"))
    _until(lambda: playing.is_over)
    said = playing.said
    assert said.summary is not None, said.about
    assert said.summary.ticks == said.ticks == said.of > 1000
    assert said.summary.signals == 0, "nobody asked for a model"
    assert said.summary.parity.gold_is_equal is None
    folder = Path(said.folder)
    assert (folder / "keys" / "endpoint.token").exists()
    sandboxes.end(playing.name)
    assert not folder.exists()
    assert playing.source is None
    with pytest.raises(MissingDataError, match="Start the replay again"):
        sandboxes.find(playing.name)


def test_what_the_lake_does_not_have_is_said(sandboxes: Sandboxes) -> None:
    playing = sandboxes.start(Asked(symbol="SYNEUR", day=date(2024, 1, 16)), "anna")
    _until(lambda: playing.is_over)
    assert (playing.said.state, "2024-01-17" in playing.said.about) == ("failed", True)


def test_it_ends_with_a_program_that_is_killed(lake: Settings) -> None:
    program = (
        "import sys, time\n"
        "from serving.pipeline.sandbox.asked import Asked\n"
        "from serving.pipeline.sandbox.sandboxes import Sandboxes\n"
        "from ticklake_assets.settings import Settings\n"
        f"playing = Sandboxes(Settings()).start(Asked(symbol='SYNEUR', day='{DAY.trading_day}', speed=10), 'anna')\n"
        "while not playing.said.ticks: time.sleep(0.05)\n"
        "print(playing._process.pid, playing.said.folder, flush=True)\n"
        "time.sleep(600)\n"
    )
    environment = {**os.environ, "TICKLAKE_HOME": str(lake.home)}
    owner = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert owner.stdout is not None
    child, folder = owner.stdout.readline().split()
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    _until(lambda: not Path(f"/proc/{child}").exists())
    assert not Path(folder).exists()


def test_nothing_of_its_settings_leads_to_the_real_endpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "real"
    for name, value in (("DIR", str(real)), ("SYMBOLS", "EURUSD"), ("BEHIND_PROXY", "10.0.0.1")):
        monkeypatch.setenv(f"TICKLAKE_ENDPOINT_{name}", value)
    monkeypatch.setenv("TICKLAKE_NOTIFY", "json://127.0.0.1:9")
    (tmp_path / "box").mkdir()
    chosen = sandboxed(Settings(home=tmp_path), tmp_path / "box")
    for place in (chosen.endpoint_home, chosen.journals, chosen.keys_dir):
        assert place.is_relative_to(tmp_path / "box")
    assert (chosen.endpoint_symbols, chosen.endpoint_behind_proxy) == ("", "")
    assert not chosen.notify.get_secret_value()


def test_what_is_said_is_read_back() -> None:
    said = Said(state="playing", ticks=3, of=5)
    assert Said.model_validate_json(said.model_dump_json()) == said


def test_what_a_killed_sandbox_left_is_swept(lake: Settings, sandboxes: Sandboxes) -> None:
    left = lake.pages_home / "sandboxes" / "left"
    (left / "keys").mkdir(parents=True)
    os.utime(left, (0, 0))
    playing = sandboxes.start(Asked(symbol="SYNEUR", day=date(2024, 1, 16)), "anna")
    _until(lambda: playing.is_over)
    assert not left.exists()
