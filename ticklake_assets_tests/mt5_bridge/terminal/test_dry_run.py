from __future__ import annotations

from typing import Any

import pytest

from mt5_bridge.errors import OrderRefused
from mt5_bridge.terminal.dry_run import dry_run
from mt5_bridge.terminal.mt5 import Mt5Terminal
from ticklake_assets_tests.mt5_bridge.scripted_account import ScriptedAccount
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import CLOCK
from ticklake_assets_tests.mt5_bridge.terminal.trader import ID, SYMBOLS, order_of


def test_it_asks_everything_shows_each_request_and_sends_none() -> None:
    account, shown = ScriptedAccount(), list[dict[str, Any]]()
    terminal = Mt5Terminal(dry_run(account, shown.append), account, CLOCK, SYMBOLS, lambda request: None)
    with pytest.raises(OrderRefused, match="A dry run sends nothing") as refused:
        terminal.place(order_of(account))
    assert refused.value.reason == "dry_run"
    assert [request["comment"] for request in shown] == [f"tl-{ID}"]
    assert "order_check" in account.calls
    assert "order_send" not in account.calls
    assert account.rows["positions"] == []
    assert terminal.find(ID) is None
    assert terminal.busy("SYNEUR") is None
