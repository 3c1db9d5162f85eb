"""`ticklake-bridge` as a user starts it: another process, where the platform's packages do not exist."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mt5_bridge.summary import Summary
from serving.endpoint.access import token_path
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
    assert "error: Mode demo needs the adapter of a running MetaTrader 5 terminal" in " ".join(
        demo.stderr.split()
    )
    assert "Traceback" not in demo.stderr
    bad_token = tmp_path / "token"
    bad_token.write_text("wrong")
    refused = _replay(recorded, endpoint, tmp_path, "--token-file", bad_token)
    assert refused.returncode == 1
    assert "401" in refused.stderr
    assert "wrong" not in refused.stderr, "the token is shown"
    assert "Traceback" not in refused.stderr


def test_the_import_block_of_these_tests_works() -> None:
    blocked = subprocess.run(
        [sys.executable, "-c", _START.replace("mt5_bridge.cli", "serving.endpoint.app")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "No module named 'serving'" in blocked.stderr
