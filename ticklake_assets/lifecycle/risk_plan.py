"""From what a run's configuration says of risk to the plan of a test: limits, balance, and the account's rate."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from mt5_bridge.errors import LimitsError
from mt5_bridge.exact import exact
from mt5_bridge.risk.limits_file import read_limits
from ticklake_assets.core.cost_profile import SYNTHETIC_VENUE, chosen_profile, load_profile
from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.modeling.trading.risked import Lots, RiskPlan

_RATE_STEP = Decimal("1e-12")


class RiskChoice(NamedTuple):
    """What is asked for; amounts as they were typed."""

    limits: str
    """A file of limits."""
    balance: str
    currency: str = ""
    """Empty: the cost profile's."""
    least_lots: str = "0.01"
    lot_step: str = "0.01"
    most_lots: str = "50"


def risk_plan(choice: RiskChoice, instrument: Instrument) -> RiskPlan:
    """SetupError names what can't be meant, before any test day is met."""
    try:
        limits = read_limits(Path(choice.limits))
    except LimitsError as error:
        raise SetupError(str(error)) from None
    rate, rate_from = _rate(choice.currency, instrument)
    return RiskPlan(
        limits=limits,
        balance=_amount("balance", choice.balance).quantize(Decimal("0.01")),
        currency=choice.currency or instrument.costs.account.currency,
        rate=rate,
        rate_from=rate_from,
        lots=Lots(
            least=_amount("least_lots", choice.least_lots),
            step=_amount("lot_step", choice.lot_step),
            most=_amount("most_lots", choice.most_lots),
        ),
    )


def _rate(currency: str, instrument: Instrument) -> tuple[Decimal, str]:
    """Account currency for one unit of the quote currency: the cost profile's dated rate, which is known before."""
    account = instrument.costs.account
    wanted = currency or account.currency
    if wanted == instrument.quote:
        return Decimal(1), "the account's own currency"
    if wanted == account.currency:
        return exact(account.rate), account.rate_from
    held = load_profile(SYNTHETIC_VENUE if instrument.is_synthetic else chosen_profile())
    if wanted not in held.rates:
        raise SetupError(
            f"Account currency {wanted}: no rate in cost profile {held.name}. "
            f"Expected one of {', '.join(sorted(held.rates))}"
        )
    crossed = (exact(account.rate) / exact(held.rates[wanted])).quantize(_RATE_STEP)
    return crossed, f"{account.rate_from}, by {wanted} of {held.rates_date}"


def _amount(name: str, text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or amount <= 0:
        raise SetupError(f"{name}: Expected a number above 0, was {text!r}")
    return amount
