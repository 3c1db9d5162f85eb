"""`ticklake-bridge` as a user starts it: another process, where the platform's packages do not exist."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from rich.console import Console

from mt5_bridge.commands.telling import told
from mt5_bridge.replay.summary import Summary
from mt5_bridge.ticks.csv_feed import read_ticks
from serving.endpoint.access.owner_token import token_path
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.recorded_day import RecordedDay, record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint

_ABSENT = ("dagster", "pyspark", "pyarrow", "numpy", "fastapi", "ticklake_assets", "serving", "MetaTrader5")
_START = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {_ABSENT!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
from mt5_bridge.cli import app
app(prog_name="ticklake-bridge")
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RecordedDay:
    return record_day(tmp_path_factory.mktemp("landing"), ticks=600)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with running_endpoint(tmp_path_factory.mktemp("home")) as running:
        assert running.push(make_deployment(running.settings.keys_dir, "SYNEUR", passed=False)).is_success
        yield running


def _bridge(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", _START, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("command", [(), ("replay",), ("ticks",), ("risk",), ("export-ea",)])
def test_the_help_of_a_flag_names_no_type(command: tuple[str, ...]) -> None:
    shown = _bridge(*command, "--help")
    assert shown.returncode == 0
    assert "Show this message and exit." in shown.stdout
    assert "<bool>" not in shown.stdout


def _replay(
    recorded: RecordedDay, endpoint: RunningEndpoint, folder: Path, *more: str | Path
) -> subprocess.CompletedProcess[str]:
    day = recorded.day
    return _bridge(
        "replay",
        *("--csv", recorded.csv, "--symbol", day.symbol, "--trading-day", day.trading_day.isoformat()),
        *("--endpoint", endpoint.url, "--token-file", token_path(endpoint.settings.keys_dir)),
        *("--journal", folder / "journal", "--json", folder / "out" / "summary.json", *more),
    )


def test_a_day_is_replayed_and_summed_up_and_a_shadow_trades_nothing(
    recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    done = _replay(recorded, endpoint, tmp_path)
    assert done.returncode == 0, done.stderr
    summary = Summary.model_validate_json((tmp_path / "out" / "summary.json").read_text())
    assert summary.ticks == len(recorded.ticks)
    assert summary.signals == len(recorded.features.ts_us) > 20
    assert (summary.tradable_signals, summary.intents, summary.fills) == (0, 0, 0)
    assert summary.passed_over == {"shadow": summary.signals}
    assert "net pips" in done.stdout
    assert f"{len(recorded.ticks)}/{len(recorded.ticks)}" in done.stderr, "progress is not shown"


def test_a_shadow_trades_on_paper_when_asked(
    recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    assert _replay(recorded, endpoint, tmp_path, "--trade-shadow").returncode == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["tradable_signals"] == 0
    assert summary["intents"] == summary["orders"] > 5
    assert summary["open_positions"] == 0


def test_a_refusal_is_one_clear_line(
    recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    demo = _replay(recorded, endpoint, tmp_path, "--mode", "demo")
    assert demo.returncode == 1
    assert demo.stderr == "error: Expected --broker with mode demo alone, was mode demo\n"
    assert "Traceback" not in demo.stderr
    bad_token = tmp_path / "token"
    bad_token.write_text("wrong")
    refused = _replay(recorded, endpoint, tmp_path, "--token-file", bad_token)
    assert refused.returncode == 1
    assert "401" in refused.stderr
    assert "wrong" not in refused.stderr, "the token is shown"
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("option", "content", "complaint"),
    [
        ("--csv", b"\xff", "row 0: Expected UTF-8 text, was the byte 0xff"),
        ("--token-file", b"two words\n", "Expected a file that can be read and holds the endpoint's token"),
        ("--token-file", b"\xff", "Expected a file that can be read and holds the endpoint's token"),
    ],
)
def test_a_file_of_something_else_is_one_line(
    recorded: RecordedDay,
    endpoint: RunningEndpoint,
    tmp_path: Path,
    option: str,
    content: bytes,
    complaint: str,
) -> None:
    (tmp_path / "file").write_bytes(content)
    done = _replay(recorded, endpoint, tmp_path, option, tmp_path / "file")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: ")
    assert complaint in last
    assert "two words" not in done.stderr, "the token is shown"
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "journal").exists()


def test_a_place_that_cannot_be_written_is_one_line_before_a_tick_is_sent(
    recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    for option, complaint in (
        ("--json", "--json {}: Not a directory. Expected a place that can be written"),
        (
            "--journal",
            "the disk refuses the journal (Not a directory). Expected a folder that can be written",
        ),
    ):
        before = endpoint.client.stats()["ticks"]
        done = _replay(recorded, endpoint, tmp_path, option, tmp_path / "file" / "under" / "it")
        assert done.returncode == 1
        assert complaint.format(tmp_path / "file" / "under" / "it") in done.stderr
        assert "Traceback" not in done.stderr
        assert endpoint.client.stats()["ticks"] == before


_STAND_IN = """
import sys
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import ScriptedMt5, SymbolInfo, at, every, history

names = {"EURUSD.m": SymbolInfo(5, int(at("2024-01-20 00:00").timestamp()))}
sys.modules[__name__] = ScriptedMt5(history(every("2024-01-14 12:00", "2024-01-16 12:00", minutes=1)), names)
"""


def _ticks(folder: Path, *more: str | Path) -> subprocess.CompletedProcess[str]:
    """Fetch a day from a terminal whose module lies in `folder`, if it does."""
    day = ("--symbol", "EURUSD", "--trading-day", "2024-01-15", "--out", folder / "out")
    command = [sys.executable, "-W", "error", "-m", "mt5_bridge.cli", "ticks", *map(str, (*day, *more))]
    path = os.pathsep.join([str(folder), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "120"}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


def test_a_brokers_day_becomes_a_file_once(tmp_path: Path) -> None:
    (tmp_path / "MetaTrader5.py").write_text(_STAND_IN)
    first = _ticks(tmp_path, "--broker-symbol", "EURUSD.m")
    assert first.returncode == 0, first.stderr
    path = tmp_path / "out" / "EURUSD_2024-01-15.csv"
    assert first.stdout.startswith(f"{path}: written\n")
    ticks = read_ticks(path)
    assert (len(ticks), ticks[0].ts_us) == (1440, 1_705_276_800_000_000)
    told = dict(line.strip("│ ").split("│") for line in first.stdout.splitlines() if line.startswith("│"))
    told = {name.strip(): value.strip() for name, value in told.items()}
    assert told["ticks"] == "1440"
    assert told["last"] == "2024-01-15 23:59:00+00:00"
    assert told["broker clock"] == "America/New_York+7, UTC+02:00"
    assert told["newest quote (now, if market and clock are right)"] == "2024-01-19 22:00:00+00:00"
    assert told["without a bid or an ask, which stays empty"] == "0"
    assert told["around the day, left out"] == "360"
    again = _ticks(tmp_path, "--broker-symbol", "EURUSD.m")
    assert again.returncode == 0
    assert again.stdout.startswith(f"{path}: was there with the same bytes\n")


def test_a_day_read_by_another_clock_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "MetaTrader5.py").write_text(_STAND_IN)
    assert _ticks(tmp_path, "--broker-symbol", "EURUSD.m").returncode == 0
    other = _ticks(tmp_path, "--broker-symbol", "EURUSD.m", "--zone", "utc")
    assert other.returncode == 1
    assert other.stderr.startswith("error: ")
    assert "EURUSD_2024-01-15.csv holds other bytes" in other.stderr
    assert other.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ((), "MetaTrader 5: Expected the broker to know the symbol 'EURUSD' (--broker-symbol gives its own"),
        (("--trading-day", "2999-01-01"), "Expected a UTC day that is over: after 1970-01-01, before 20"),
        (
            ("--zone", "Mars/Olympus"),
            "Expected a broker clock like America/New_York+7, Europe/Athens or utc, was",
        ),
        (
            ("--symbol", "../EURUSD"),
            "Expected a symbol of 3 to 12 capital letters and digits, was '../EURUSD'",
        ),
    ],
)
def test_ticks_that_cannot_be_had_are_one_line(tmp_path: Path, more: tuple[str, ...], complaint: str) -> None:
    (tmp_path / "MetaTrader5.py").write_text(_STAND_IN)
    done = _ticks(tmp_path, *more)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {complaint}")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_recording_names_its_days_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "MetaTrader5.py").write_text(_STAND_IN)
    days = ("EURUSD", "--from", "2024-01-13", "--to", "2024-01-16", "--out", tmp_path / "out")
    more = ("--broker-symbol", "EURUSD.m", "--json", tmp_path / "recording.json")
    command = [sys.executable, "-W", "error", "-m", "mt5_bridge.cli", "record", *map(str, (*days, *more))]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    for state in ("written", "there"):
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, env=environment
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[:4] == [
            "2024-01-13 no ticks 0",
            f"2024-01-14 {state} 720 silent 00:00 to 12:00",
            f"2024-01-15 {state} 1,440",
            f"2024-01-16 {state} 720 silent 11:59 to 00:00",
        ]
    assert json.loads((tmp_path / "recording.json").read_text())["days"][0]["state"] == "no ticks"
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_without_the_vendors_package_it_says_where_that_runs() -> None:
    """Where numpy is not installed either."""
    done = _bridge("ticks", "--symbol", "EURUSD", "--trading-day", "2024-01-15", "--out", "out")
    assert done.returncode == 1
    assert done.stderr == "error: The package MetaTrader5 runs on Windows only. Expected win32, was linux\n"


def test_without_websockets_it_says_which_extra_brings_them(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    file, arguments = tmp_path / "file", ("--symbol", "EURUSD", "--trading-day", "2024-01-15")
    more = ("--csv", file, "--token-file", file, "--journal", tmp_path / "journal")
    start = _START.replace("'MetaTrader5'", "'websockets'")
    command = [sys.executable, "-c", start, "replay", *arguments, *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "error: this command needs the libraries of the extra `bridge`, was without"
    )
    assert done.stderr.count("\n") == 1


def test_ctrl_c_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left, told(Console(stderr=True)):
        raise KeyboardInterrupt
    assert left.value.exit_code == 130
    assert capsys.readouterr().err.startswith("error: interrupted; the same command goes on")


def test_the_import_block_of_these_tests_works() -> None:
    blocked = subprocess.run(
        [sys.executable, "-c", _START.replace("mt5_bridge.cli", "serving.endpoint.app")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "No module named 'serving'" in blocked.stderr


def test_a_model_is_fetched_as_an_expert(endpoint: RunningEndpoint, tmp_path: Path) -> None:
    arguments = ("export-ea", "SYNEUR", "--endpoint", endpoint.url, "--out", tmp_path / "expert")
    token = ("--token-file", token_path(endpoint.settings.keys_dir))
    done = _bridge(*arguments, *token)
    assert done.returncode == 0, done.stderr
    assert "ticklake_SYNEUR.mq5" in {path.name for path in (tmp_path / "expert").iterdir()}
    other = _bridge("export-ea", "NZDUSD", *arguments[2:], *token)
    assert other.returncode == 1
    assert "NZDUSD has no such model" in other.stderr
