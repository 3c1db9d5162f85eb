"""A terminal on another machine, reached anew after each loss."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mt5_bridge.errors import TerminalError
from mt5_bridge.running.markets import elsewhere
from mt5_bridge.terminal.remote import Served
from ticklake_assets_tests.mt5_bridge.people.test_metrics import free_port
from ticklake_assets_tests.mt5_bridge.scripted_account import ScriptedAccount


@dataclass
class Link:
    """Of a connection as RPyC has them."""

    served: Served
    is_broken: bool = False

    @property
    def root(self) -> Link:
        return self

    def ask(self, token: str, function: str, arguments: str) -> str:
        if self.is_broken:
            raise EOFError("stream has been closed")
        return self.served.ask(token, function, arguments)


def test_a_lost_connection_is_one_call_without_an_answer() -> None:
    served, links = Served(ScriptedAccount(), "secret"), list[Link]()

    def connect(host: str, port: int) -> Any:
        assert (host, port) == ("127.0.0.1", 18812)
        links.append(Link(served))
        return links[-1]

    with elsewhere("127.0.0.1:18812", "secret", connect) as mt5:
        assert mt5.account_info().login == 7  # type: ignore[union-attr]
        assert len(links) == 1
        links[0].is_broken = True
        assert mt5.order_send({"action": 1}) is None
        assert mt5.last_error()[0] == -10005
        assert mt5.account_info().login == 7  # type: ignore[union-attr]
        assert len(links) == 2


def test_a_machine_that_does_not_answer_is_said() -> None:
    def refuse(host: str, port: int) -> Any:
        raise ConnectionRefusedError(111, "Connection refused")

    with (
        pytest.raises(TerminalError, match=r"^127\.0\.0\.1:1 does not answer .*Expected `python -m"),
        elsewhere("127.0.0.1:1", "secret", refuse),
    ):
        pass


_TERMINAL = """
import sys
from ticklake_assets_tests.mt5_bridge.scripted_account import ScriptedAccount
sys.modules[__name__] = ScriptedAccount()
"""


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # the link is open until its process ends
def test_over_the_real_wire_an_account_is_asked_and_a_stranger_is_not_answered(tmp_path: Path) -> None:
    """RPyC between two processes; beside the terminal the vendor's package is a stand-in's."""
    pytest.importorskip("rpyc", reason="the extra bridge-remote is absent")
    (tmp_path / "MetaTrader5.py").write_text(_TERMINAL)
    token_file, port = tmp_path / "terminal.token", free_port()
    command = [sys.executable, "-m", "mt5_bridge.terminal.remote", str(port), str(token_file)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    with subprocess.Popen(command, env=environment) as process:
        try:
            _wait_for(port)
            with elsewhere(f"127.0.0.1:{port}", token_file.read_text().strip()) as mt5:
                assert mt5.account_info().login == 7  # type: ignore[union-attr]
                assert mt5.ORDER_TYPE_SELL == 1
            assert token_file.stat().st_mode & 0o077 == 0
            with (
                pytest.raises(TerminalError, match="Expected the token of the terminal's machine"),
                elsewhere(f"127.0.0.1:{port}", "other"),
            ):
                pass
        finally:
            process.kill()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return
