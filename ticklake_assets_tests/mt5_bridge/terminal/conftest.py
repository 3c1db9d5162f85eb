from __future__ import annotations

import pytest

from ticklake_assets_tests.mt5_bridge.scripted_account import ScriptedAccount
from ticklake_assets_tests.mt5_bridge.terminal.trader import Trader


@pytest.fixture(params=["hedging", "netting"])
def trader(request: pytest.FixtureRequest) -> Trader:
    return Trader(ScriptedAccount(hedging=request.param == "hedging"))
