"""The bridge on a real Windows Python with the vendor's real package, under Wine: `make test-windows`.

Wine has no MetaTrader 5 terminal: ticks, fills and accounts are the simulated terminal's part.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mt5_bridge.replay.replay import Replay, run_replay
from serving.endpoint.access.owner_token import token_path
from ticklake_assets_tests.mt5_bridge.windows.python import REPOSITORY, WindowsPython
from ticklake_assets_tests.serving.recorded_day import RecordedDay, record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, scored_endpoint

pytestmark = [pytest.mark.windows, pytest.mark.timeout(1200)]  # Wine is slow on a busy machine
OWN_TESTS = "ticklake_assets_tests/mt5_bridge"
HOLD = """
import sys
from pathlib import Path
from mt5_bridge.append_log import AppendLog
from mt5_bridge.errors import JournalError
try:
    with AppendLog(Path(sys.argv[1])) as log:
        print([record["n"] for record in log.records], flush=True)
        sys.stdin.read()
except JournalError as error:
    sys.exit(str(error))
"""


@pytest.fixture(scope="module")
def windows() -> WindowsPython:
    made = subprocess.run(
        [REPOSITORY / "stack/setup/wine.sh"], capture_output=True, text=True, check=False, timeout=1000
    )
    if made.returncode:
        pytest.skip(made.stderr.strip().splitlines()[-1])
    return WindowsPython(made.stdout.strip())


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RecordedDay:
    return record_day(tmp_path_factory.mktemp("landing"), ticks=500)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with scored_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def here(recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Journals of the day on this machine."""
    folder = tmp_path_factory.mktemp("here")
    plan = Replay(recorded.csv, recorded.day.symbol, recorded.day.trading_day, folder)
    assert run_replay(plan, endpoint.client, lambda done, total: None).trades > 5
    return folder


def _replay(recorded: RecordedDay, endpoint: RunningEndpoint, folder: Path) -> list[str | Path]:
    day = recorded.day
    return [
        *("-m", "mt5_bridge.cli", "replay", "--csv", recorded.csv, "--symbol", day.symbol),
        *("--trading-day", day.trading_day.isoformat(), "--endpoint", endpoint.url),
        *("--token-file", token_path(endpoint.settings.keys_dir), "--journal", folder),
    ]


def _journals(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.jsonl"))}


def _newest(journal: bytes) -> str:
    """Kind of the last whole line."""
    return str(json.loads(journal.split(b"\n")[-2])["kind"])


def _wait(process: subprocess.Popen[str], holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "the bridge did not come so far"
        time.sleep(0.01)


def _orders(journals: dict[str, bytes]) -> dict[str, list[dict[str, Any]]]:
    """What was traded, without the lines that a restart adds and their chain."""
    told = {"intent", "report"}
    return {
        name: [
            {key: value for key, value in record.items() if key not in {"n", "prev"}}
            for record in map(json.loads, journal.splitlines())
            if record["kind"] in told
        ]
        for name, journal in journals.items()
    }


def test_the_bridges_own_tests_pass_there(windows: WindowsPython) -> None:
    plain = ("-o", "filterwarnings=error", "-o", "addopts=-ra -m 'not slow'", "-p", "no:cacheprovider")
    plain += ("--hypothesis-profile", "ci")  # no deadline: Wine is slow
    done = windows.run("-m", "pytest", "-q", *plain, "--confcutdir", OWN_TESTS, OWN_TESTS, timeout=1000)
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 500, done.stdout
    print(done.stdout[done.stdout.find("= short test summary") :])


def test_a_whole_day_leaves_the_same_journals(
    windows: WindowsPython, recorded: RecordedDay, endpoint: RunningEndpoint, here: Path, tmp_path: Path
) -> None:
    done = windows.run(*_replay(recorded, endpoint, tmp_path))
    assert done.returncode == 0, done.stderr
    assert len(_journals(here)) == 2
    assert _journals(tmp_path) == _journals(here)


def test_a_day_killed_in_its_middle_is_taken_up_again(
    windows: WindowsPython, recorded: RecordedDay, endpoint: RunningEndpoint, here: Path, tmp_path: Path
) -> None:
    [journal] = [name for name in _journals(here) if not name.endswith(".terminal.jsonl")]
    size = len(_journals(here)[journal])
    for attempt in range(5):
        folder = tmp_path / str(attempt)
        command = _replay(recorded, endpoint, folder)
        with windows.start(*command) as process:
            _wait(process, lambda: len(_journals(folder).get(journal, b"")) > size // 3)  # noqa: B023 - at once
            process.kill()
        left = _journals(folder)
        if _newest(left[journal]) != "sending":  # there an order is lost, and said to be: nothing to compare
            break
        time.sleep(10)  # as long as Wine may hold the dead process's connection
    assert len(left[journal]) < size
    deadline = time.monotonic() + 60
    while True:
        done = windows.run(*command)
        if "has a client already" not in done.stderr:
            break
        assert time.monotonic() < deadline, "Wine holds the dead process's connection"
    assert done.returncode == 0, done.stderr
    assert b"never_arrived" not in _journals(folder)[journal]
    assert _journals(folder)[journal].startswith(left[journal])
    assert _orders(_journals(folder)) == _orders(_journals(here))


def test_one_process_holds_a_journal_and_a_killed_one_holds_it_no_more(
    windows: WindowsPython, tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"n":1}\n{"n":2}\n{"n":')
    with windows.start("-c", HOLD, path) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "[1, 2]\n"
        refused = windows.run("-c", HOLD, path)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "is held by another process. Expected one bridge a journal" in refused.stderr
        holder.kill()
    assert windows.run("-c", HOLD, path).stdout == "[1, 2]\n"
    assert path.read_bytes() == b'{"n":1}\n{"n":2}\n'


def test_ctrl_c_ends_a_day_without_noise(
    windows: WindowsPython, recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    with windows.start(*_replay(recorded, endpoint, tmp_path)) as process:
        _wait(process, lambda: any(len(journal) > 2_000 for journal in _journals(tmp_path).values()))
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=60)
    assert process.returncode
    assert "Traceback" not in complained
    assert "signal wakeup fd" not in complained


@pytest.mark.parametrize("kind", ["task", "service"])
def test_it_says_how_it_would_start_with_the_machine(
    windows: WindowsPython, tmp_path: Path, kind: str
) -> None:
    config = tmp_path / "bridge.toml"
    config.write_text('folder = "account"\n')
    bridge = ("-m", "mt5_bridge.cli", "service", "install", "--kind", kind, "--show")
    done = windows.run(*bridge, "--config", config)
    assert (done.returncode, done.stderr) == (0, "")
    runs = [line for line in done.stdout.splitlines() if line.startswith("runs ")]
    program = {"task": "runs schtasks /Create", "service": "runs sc create"}[kind]
    assert runs[0].startswith(program)
    assert "bridge.toml" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["bridge.toml"], "--show does nothing"
