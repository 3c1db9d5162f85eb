from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.demo.plan import DemoMarket
from ticklake_assets.demo.summary import model_outcome
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing


def test_too_few_days_say_how_many_days_and_trades_are_wanting(tmp_path: Path) -> None:
    market = DemoMarket("EURUSD", tuple(calendar_days(date(2019, 2, 3), date(2019, 2, 4))))
    outcome = model_outcome(market, Lake(url=tmp_path.as_uri()), Signing(keys_dir=str(tmp_path)))
    assert outcome["verdict"] == "insufficient_evidence"
    assert outcome["reasons"] == [
        "2 days of ticks, a first fold needs 17",
        "0 test days and 0 trades, a verdict needs 6 and 100",
    ]
    costs = outcome["costs"]
    assert (costs["profile"], costs["slippage_pips"], costs["swap_pips"]) == ("dukascopy", 0.1, 0.77)
    assert costs["commission_pips"] == pytest.approx(2 * 35e-6 * 1.0705 / 1e-4)
    assert outcome["evidence"] == {"days_had": 0, "days_needed": 6, "trades_had": 0, "trades_needed": 100}
