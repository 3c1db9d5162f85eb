from __future__ import annotations

from pathlib import Path

import pytest

from mt5_bridge.errors import SetupError
from mt5_bridge.risk.kill_file import kill_reason
from mt5_bridge.running.kill_switch import switch_off, switch_on


def test_it_is_a_file_with_the_first_reason(tmp_path: Path) -> None:
    folder = tmp_path / "account"
    assert kill_reason(folder) is None
    assert switch_on(folder, "news at noon")
    assert not switch_on(folder, "another")
    assert kill_reason(folder) == "news at noon"
    assert switch_off(folder)
    assert not switch_off(folder)
    assert kill_reason(folder) is None


def test_a_place_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="Expected a folder that can be written"):
        switch_on(tmp_path / "file", "now")
    (tmp_path / "kill").mkdir()
    with pytest.raises(SetupError, match="Expected a file that can be removed"):
        switch_off(tmp_path)
