"""Whoever is away hears of a run that ends by itself."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from mt5_bridge.commands.windows_service import BackgroundRun
from mt5_bridge.errors import SetupError
from mt5_bridge.running.loop import RunningBridge
from mt5_bridge.running.process import run


class _Broken:
    async def run(self) -> None:
        raise ZeroDivisionError("nobody thought of it")


def test_an_error_that_nobody_thought_of_is_told_to_people() -> None:
    told: list[tuple[str, str]] = []
    with pytest.raises(ZeroDivisionError):
        run(cast("RunningBridge", _Broken()), lambda *words: told.append(words))
    assert told == [("ticklake-bridge stopped", "ZeroDivisionError('nobody thought of it')")]


def test_a_service_that_stops_by_itself_is_told_to_people(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    service = BackgroundRun(tmp_path / "none.toml", live=False, tell=lambda *words: told.append(words))
    with pytest.raises(SetupError) as raised:
        service.run()
    assert told == [("ticklake-bridge stopped", str(raised.value))]
