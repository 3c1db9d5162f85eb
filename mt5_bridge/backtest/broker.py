"""A simulated broker that trades a recorded feed as an account does: its symbol, its money, its costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from pydantic import ValidationError

from mt5_bridge.errors import SetupError
from mt5_bridge.exact import exact
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.simulated import constants
from mt5_bridge.simulated.broker import AccountSetup, SimulatedBroker
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.terminal.package import failure

_BY_POINTS = 1
"""SYMBOL_SWAP_MODE_POINTS."""
_EXECUTIONS: dict[int, Literal["request", "instant", "market", "exchange"]] = {
    constants.SYMBOL_TRADE_EXECUTION_REQUEST: "request",
    constants.SYMBOL_TRADE_EXECUTION_INSTANT: "instant",
    constants.SYMBOL_TRADE_EXECUTION_MARKET: "market",
    constants.SYMBOL_TRADE_EXECUTION_EXCHANGE: "exchange",
}


def broker_of(
    mt5: RunningMt5, symbol: str, broker_name: str, zone: str, commission_per_lot: float | None
) -> SimulatedBroker:
    """Read what a terminal says of its account and of a symbol; what it does not say of commission is given.

    Raises SetupError for what a simulated broker cannot do, like a swap that is not in points.
    """
    info: Any = mt5.symbol_info(broker_name)
    account: Any = mt5.account_info()
    if info is None or account is None:
        raise failure(mt5, f"the account and the symbol {broker_name}")
    if info.swap_mode != _BY_POINTS and (info.swap_long or info.swap_short):
        raise SetupError(
            f"{broker_name}: Expected a swap in points, which a simulated broker charges, was mode {info.swap_mode}: "
            "give the broker as a file (--broker)"
        )
    is_hedging = account.margin_mode == mt5.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING
    try:
        return SimulatedBroker(
            server=account.server,
            clock=zone,
            symbols=(_specification(info, symbol, commission_per_lot or 0.0),),
            accounts=(
                AccountSetup(
                    login=account.login,
                    mode="hedging" if is_hedging else "netting",
                    currency=account.currency,
                    currency_digits=account.currency_digits,
                    leverage=account.leverage,
                    balance=exact(account.balance),
                ),
            ),
            rates=_rates(info, account.currency),
        )
    except ValidationError as error:
        raise SetupError(
            f"{broker_name}: Expected what a simulated broker can be made of, was: {error}"
        ) from error


def _specification(info: Any, symbol: str, commission_per_lot: float) -> Specification:
    volumes = {
        name: exact(getattr(info, name))
        for name in ("volume_min", "volume_step", "volume_max", "volume_limit")
    }
    return Specification(
        name=info.name,
        recorded_as=symbol,
        currency_base=info.currency_base,
        currency_profit=info.currency_profit,
        digits=info.digits,
        contract_size=exact(info.trade_contract_size),
        execution=_EXECUTIONS[info.trade_exemode],
        filling_mode=info.filling_mode,
        trade_stops_level=info.trade_stops_level,
        trade_freeze_level=info.trade_freeze_level,
        swap_long=exact(info.swap_long),
        swap_short=exact(info.swap_short),
        swap_rollover3days=info.swap_rollover3days,
        commission_per_lot=exact(commission_per_lot),
        **volumes,
    )


def _rates(info: Any, currency: str) -> dict[str, Decimal]:
    """By what a tick of a lot is worth now: one rate for all days, where the symbol itself does not convert."""
    if currency in {info.currency_base, info.currency_profit}:
        return {}
    tick = exact(info.trade_tick_size) * exact(info.trade_contract_size)
    profit = exact(info.trade_tick_value) / tick
    return {info.currency_profit + currency: profit, info.currency_base + currency: profit * exact(info.bid)}
