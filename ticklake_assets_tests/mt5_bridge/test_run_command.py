"""`run`, `reconcile`, `kill` and `resume` as a person calls them, without ticklake_assets and serving."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mt5_bridge.errors import SetupError
from mt5_bridge.running.status import Status, read_status
from serving.endpoint.access.owner_token import token_path
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint

_START = (
    "import sys; sys.modules.update({'ticklake_assets': None, 'serving': None, 'stack': None}); "
    "from mt5_bridge.cli import app; app()"
)
_TERMINAL = """
import sys, time
from mt5_bridge.trading.words import Quote
from ticklake_assets_tests.mt5_bridge.running.played_market import PlayedMarket

class Live(PlayedMarket):
    @property
    def now(self):
        return time.time_ns() // 1000
    @now.setter
    def now(self, value):
        pass
    @property
    def shown(self):
        return sum(quote.ts_us <= self.now for quote in self.quotes)
    @shown.setter
    def shown(self, value):
        pass

start = time.time_ns() // 1_000_000 * 1000
quotes = [Quote(start + n * 50_000, n, 1.1 + n % 7 / 1e5, 1.10005 + n % 7 / 1e5) for n in range(2_000)]
sys.modules[__name__] = Live(quotes=quotes)
"""
"""The vendor's module of a terminal whose quotes come in real time, twenty a second."""


def _bridge(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", _START, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with running_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("token\n")
    path = tmp_path / "bridge.toml"
    path.write_text('mode = "demo"\nfolder = "account"\nendpoint.token_file = "token"\n[symbols.EURUSD]\n')
    return path


@contextmanager
def _running(folder: Path, config: Path) -> Iterator[subprocess.Popen[str]]:
    (folder / "MetaTrader5.py").write_text(_TERMINAL)
    path = os.pathsep.join([str(folder), *sys.path])
    command = [sys.executable, "-W", "error", "-m", "mt5_bridge.cli", "run", "--config", str(config)]
    environment = {**os.environ, "PYTHONPATH": path}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _logged(text: str) -> list[str]:
    """Events of the log on stderr, which has nothing else."""
    return [json.loads(line)["event"] for line in text.splitlines()]


def _wait(folder: Path, process: subprocess.Popen[str], holds: Callable[[Status], bool]) -> Status:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        try:
            status = read_status(folder)
        except SetupError:
            time.sleep(0.05)
            continue
        if holds(status):
            return status
        time.sleep(0.05)
    raise AssertionError("the bridge did not come so far")


def test_a_bridge_runs_is_killed_is_resumed_and_ends_by_signal(
    config: Path, endpoint: RunningEndpoint
) -> None:
    token = token_path(endpoint.settings.keys_dir).as_posix()
    config.write_text(f"""
folder = "account"
[endpoint]
url = "{endpoint.url}"
token_file = "{token}"
[symbols.SYNEUR]
broker_name = "EURUSD.m"
""")
    folder = config.parent / "account"
    with _running(config.parent, config) as process:
        status = _wait(folder, process, lambda now: now.symbols["SYNEUR"].feed.ticks > 30)
        assert (status.state, status.account) == ("trading", "demo account 7 at Demo")
        assert not status.symbols["SYNEUR"].feed.not_clean
        assert status.money is not None
        assert (status.money.currency, status.money.balance) == ("USD", "10000.00")
        assert _bridge("kill", "--config", config, "--reason", "lunch").returncode == 0
        assert _wait(folder, process, lambda now: now.state == "killed").why == "lunch"
        assert _bridge("resume", "--config", config).returncode == 0
        _wait(folder, process, lambda now: now.state == "trading")
        process.send_signal(signal.SIGTERM)
        said, complained = process.communicate(timeout=30)
    assert process.returncode == 0
    assert _logged(complained) == ["started", "halted", "released", "stopped"]
    assert said == ("paper, demo account 7 at Demo: SYNEUR; Ctrl-C ends\nSIGTERM; no position is open\n")
    assert read_status(folder).state == "stopped"


def test_a_recorded_day_is_traded_on_a_simulated_account_and_reconciled(
    config: Path, endpoint: RunningEndpoint
) -> None:
    """Without a model there are no signals; a dry run leaves no journal to reconcile."""
    folder = config.parent
    rows = [f"2024-01-17T10:{minute:02}:00.000Z,1.1,1.1001,1,1" for minute in range(60)]
    (folder / "day.csv").write_text("\n".join(["ts_event,bid,ask,bid_size,ask_size", *rows, ""]))
    (folder / "broker.toml").write_text(
        '[[symbols]]\nname = "SYNEUR"\ncurrency_base = "EUR"\ncurrency_profit = "USD"\n'
    )
    config.write_text(f"""
mode = "demo"
folder = "account"
[endpoint]
url = "{endpoint.url}"
token_file = "{token_path(endpoint.settings.keys_dir).as_posix()}"
[symbols.SYNEUR]
[simulated]
broker = "broker.toml"
ticks.SYNEUR = ["day.csv"]
""")
    dry = _bridge("run", "--config", config, "--dry-run")
    assert (dry.returncode, _logged(dry.stderr)) == (0, ["started", "stopped"])
    assert "Expected the journal of a bridge that ran" in _bridge("reconcile", "--config", config).stderr
    done = _bridge("run", "--config", config)
    assert done.stdout == (
        "demo, demo account 1000001 at Ticklake-Demo: SYNEUR; Ctrl-C ends\n"
        "the recorded market is over; no position is open\n"
    )
    assert read_status(folder / "account").symbols["SYNEUR"].feed.ticks == 60
    found = _bridge("reconcile", "--config", config)
    assert (found.returncode, found.stdout) == (
        0,
        "0 positions agree, 0 intents are unresolved, 0 differences\n",
    )
    live = _bridge("run", "--config", config, "--live")
    assert (live.returncode, live.stderr.count("\n")) == (1, 1)
    assert "Expected --live with mode live alone, was --live" in live.stderr


def test_kill_and_resume_are_a_file_of_the_folder(config: Path) -> None:
    folder = config.parent / "account"
    killed = _bridge("kill", "--config", config, "--reason", "news")
    assert (killed.returncode, killed.stdout) == (0, f"{folder}: killed: nothing new is entered\n")
    assert (folder / "kill").read_text() == "news\n"
    assert "was killed before" in _bridge("kill", "--config", config).stdout
    assert _bridge("resume", "--config", config).stdout == f"{folder}: signals may be traded again\n"
    assert _bridge("resume", "--config", config).stdout == f"{folder}: was not killed\n"


@pytest.mark.parametrize(
    ("command", "text", "complaint"),
    [
        ("run", None, "The package MetaTrader5 runs on Windows only"),
        ("run", 'folder = "a"\n[symbols.EURUSD]', "bridge.toml, endpoint: Field required"),
        ("reconcile", None, "The package MetaTrader5 runs on Windows only"),
        ("kill", "mode = ", "bridge.toml: Expected TOML"),
    ],
)
def test_an_error_is_one_line(config: Path, command: str, text: str | None, complaint: str) -> None:
    if text is not None:
        config.write_text(text)
    done = _bridge(command, "--config", config)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1
