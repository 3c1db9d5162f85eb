from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from mt5_bridge.risk.limits import Limits
from ticklake_assets.core.cost_profile import load_profile
from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.lifecycle.risk_plan import RiskChoice, risk_plan


@pytest.fixture
def limits(tmp_path: Path) -> str:
    path = tmp_path / "limits.toml"
    path.write_text("")
    return str(path)


def test_without_a_word_the_account_is_the_cost_profiles(limits: str) -> None:
    known = instrument_of("EURJPY", "dukascopy")
    plan = risk_plan(RiskChoice(limits, "10000.5"), known)
    assert plan.limits == Limits()
    assert (plan.balance, plan.currency) == (Decimal("10000.50"), known.costs.account.currency)
    assert plan.rate == Decimal(repr(known.costs.account.rate))
    assert plan.rate_from == known.costs.account.rate_from
    assert "rate of 20" in plan.rate_from


def test_an_account_in_another_currency_is_converted_by_the_dated_rates(limits: str) -> None:
    rates = load_profile("dukascopy").rates
    plan = risk_plan(RiskChoice(limits, "1", currency="GBP"), instrument_of("EURJPY", "dukascopy"))
    assert plan.rate == pytest.approx(Decimal(rates["JPY"] / rates["GBP"]), rel=Decimal("1e-6"))
    own = risk_plan(RiskChoice(limits, "1", currency="JPY"), instrument_of("EURJPY", "dukascopy"))
    assert (own.rate, own.rate_from) == (Decimal(1), "the account's own currency")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"currency": "XYZ"}, "Account currency XYZ: no rate in cost profile dukascopy. Expected one of "),
        ({"balance": "much"}, "balance: Expected a number above 0, was 'much'"),
        ({"balance": "-1"}, "balance: Expected a number above 0"),
        ({"lot_step": "0"}, "lot_step: Expected a number above 0"),
        ({"most_lots": "nan"}, "most_lots: Expected a number above 0"),
        ({"limits": "/nowhere/limits.toml"}, "limits.toml: No such file"),
    ],
)
def test_what_cannot_be_meant_is_named(limits: str, changes: dict[str, str], told: str) -> None:
    choice = RiskChoice(**{"limits": limits, "balance": "1", **changes})
    with pytest.raises(SetupError, match=told):
        risk_plan(choice, instrument_of("EURUSD", "dukascopy"))
