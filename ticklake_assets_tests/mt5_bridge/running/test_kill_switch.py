from __future__ import annotations

from pathlib import Path

from mt5_bridge.running.kill_switch import KillSwitch


def test_it_is_a_file_with_the_reason(tmp_path: Path) -> None:
    switch = KillSwitch(tmp_path / "account")
    assert switch.reason() is None
    assert switch.put("news at noon")
    assert KillSwitch(tmp_path / "account").reason() == "news at noon"
    assert not switch.put("another"), "the first reason stays"
    assert switch.reason() == "news at noon"
    assert switch.release()
    assert not switch.release()
    assert switch.reason() is None


def test_whatever_stands_in_the_way_is_on(tmp_path: Path) -> None:
    switch = KillSwitch(tmp_path)
    switch.path.touch()
    assert switch.reason() == "no reason was given"
    switch.path.write_bytes(b"\xff\n")
    assert switch.reason() is not None
    switch.path.unlink()
    switch.path.mkdir()
    assert "cannot be read" in (switch.reason() or "")
