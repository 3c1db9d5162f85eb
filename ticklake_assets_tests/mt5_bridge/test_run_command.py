"""`run`, `reconcile`, `kill` and `resume` as a person calls them, without ticklake_assets and serving."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_START = (
    "import sys; sys.modules.update({'ticklake_assets': None, 'serving': None, 'stack': None}); "
    "from mt5_bridge.cli import app; app()"
)


def _bridge(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", _START, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("token\n")
    path = tmp_path / "bridge.toml"
    path.write_text('mode = "demo"\nfolder = "account"\nendpoint.token_file = "token"\n[symbols.EURUSD]\n')
    return path


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
        ("run", "colour = 1", "bridge.toml, "),
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
