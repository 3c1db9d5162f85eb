"""The demo as a user starts it: a process of its own, a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ticklake_assets_tests.conftest import REPOSITORY
from ticklake_assets_tests.demo.summaries import content_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def demo(home: Path, *arguments: str, **variables: str) -> dict[str, Any]:
    environment = {**os.environ, "TICKLAKE_HOME": str(home), **variables}
    command = [str(Path(sys.executable).with_name("ticklake")), "demo", "--no-pages", *arguments]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    summary: dict[str, Any] = json.loads((home / "demo" / "summary.json").read_text())
    assert Path(summary["report"]).read_text().startswith("<!doctype html>")
    return summary


def assert_conserved(summary: dict[str, Any]) -> None:
    rows = summary["rows"]
    assert rows["landing"] == rows["raw"] == rows["parquet"]
    assert rows["parquet"] == rows["clean"] + sum(rows["quarantine"].values())
    assert rows["gold_features"] == rows["gold_labels"] > 0
    assert len(summary["raw_sha256"]) == summary["days"]
    assert set(summary["gold_sha256"]) == {"bars", "features", "labels"}


def test_a_planted_pattern_is_deployed_and_traded_in_demo(tmp_path: Path) -> None:
    summary = demo(tmp_path)
    assert_conserved(summary)
    assert summary["verdict"] == "deployed"
    assert summary["walk_forward"]["folds"] == 3
    assert summary["parity"]["identical"] == summary["parity"]["rows"] > 0
    assert summary["bridge"]["orders"] > 0
    assert summary["bridge"]["open_positions"] == 0
    assert summary["bridge"]["mode"] == "demo"
    told = summary["bridge"]["attribution"]
    assert told["unexplained"] == 0
    assert told["trades"] > 0
    assert set(told["steps"]) <= {"slippage"}, "the broker does not slip, the profile assumes it"
    assert set(told["differing_fields"]) <= {"money"}
    again = demo(tmp_path)
    content = ("rows", "raw_sha256", "gold_sha256", "model_sha256", "gates", "verdict")
    assert content_of(again, content) == content_of(summary, content)
    assert "pattern.onnx" in summary["model_sha256"]


def test_noise_is_a_shadow_that_scores_and_never_trades(tmp_path: Path) -> None:
    summary = demo(tmp_path, TICKLAKE_SYNTHETIC_STRENGTH="0")
    assert summary["verdict"] in {"rejected", "insufficient_evidence"}
    assert summary["reasons"]
    assert summary["endpoint"]["signals"] > 0
    assert summary["bridge"]["intents"] == 0
    assert summary["parity"]["identical"] == summary["parity"]["rows"] > 0


def test_a_real_month_is_accounted_for_to_the_last_tick(tmp_path: Path, shared_data: Path) -> None:
    summary = demo(tmp_path, "--ticks", str(shared_data / "dukascopy" / "GBPJPY"), "--symbol", "GBPJPY")
    assert_conserved(summary)
    assert (summary["days"], summary["rows"]["landing"]) == (31, 1_298_479)
    assert summary["verdict"] in {"deployed", "rejected", "insufficient_evidence"}
    assert summary["parity"]["identical"] == summary["parity"]["rows"] > 0


def test_two_days_are_too_few_and_it_says_how_many_are_wanting(tmp_path: Path, shared_data: Path) -> None:
    environment = {**os.environ, "TICKLAKE_HOME": str(tmp_path)}
    folder = str(shared_data / "dukascopy" / "EURUSD")
    command = [
        str(Path(sys.executable).with_name("ticklake")),
        "demo",
        "--no-pages",
        "--ticks",
        folder,
        "--symbol",
        "EURUSD",
    ]
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, capture_output=True)
    summary = json.loads((tmp_path / "demo" / "summary.json").read_text())
    assert summary["verdict"] == "insufficient_evidence"
    assert summary["reasons"][0] == "2 days of ticks, a first fold needs 17"
    assert summary["rows"]["landing"] == 266_219
