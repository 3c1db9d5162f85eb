"""A terminal on another machine, reached anew after each loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from mt5_bridge.errors import TerminalError
from mt5_bridge.running.markets import elsewhere
from mt5_bridge.terminal.remote import Served
from ticklake_assets_tests.mt5_bridge.scripted_account import ScriptedAccount


@dataclass
class Link:
    """Of a connection as RPyC has them."""

    served: Served
    is_broken: bool = False

    @property
    def root(self) -> Link:
        return self

    def ask(self, function: str, arguments: str) -> str:
        if self.is_broken:
            raise EOFError("stream has been closed")
        return self.served.ask(function, arguments)


def test_a_lost_connection_is_one_call_without_an_answer() -> None:
    served, links = Served(ScriptedAccount()), list[Link]()

    def connect(host: str, port: int) -> Any:
        assert (host, port) == ("127.0.0.1", 18812)
        links.append(Link(served))
        return links[-1]

    mt5 = elsewhere("127.0.0.1:18812", connect)
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

    with pytest.raises(TerminalError, match=r"^127\.0\.0\.1:1 does not answer .*Expected `python -m"):
        elsewhere("127.0.0.1:1", refuse)
