"""The entry of an instrument from a MetaTrader 5 terminal's symbol_info (Windows).

Fields as the vendor documents them (mql5.com, symbol_info); tested against a stand-in, not beside a running terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from mt5_bridge.errors import BridgeError
from mt5_bridge.terminal.package import load_mt5, running_terminal
from ticklake_assets.commands.instrument_entry import Draft, assumed_commission, expect_symbol
from ticklake_assets.core.cost_terms import TRIPLE_DAYS
from ticklake_assets.core.errors import SetupError

_SWAP_IN_POINTS = 1
"""SYMBOL_SWAP_MODE_POINTS."""
_POINTS_A_PIP = 10


class TerminalSymbol(Protocol):
    """The fields of symbol_info that are read."""

    name: str
    description: str
    digits: int
    point: float
    trade_tick_size: float
    trade_stops_level: int
    trade_contract_size: float
    currency_base: str
    currency_profit: str
    swap_mode: int
    swap_long: float
    swap_short: float
    swap_rollover3days: int
    bid: float


def from_terminal(
    name: str,
    symbol: str,
    kind: str,
    calendar: str,
    pip: float | None,
    profile: str,
    load: Callable[[], Any] = load_mt5,
) -> Draft:
    """Ask the terminal for the symbol that the broker calls `name`; SetupError with the terminal's own words."""
    try:
        mt5 = load()
        with running_terminal(mt5):
            if not mt5.symbol_select(name, True) or (found := mt5.symbol_info(name)) is None:
                raise SetupError(
                    f"MetaTrader 5: Expected a symbol of the broker's, was {name!r}: {mt5.last_error()}"
                )
            return draft_of(found, symbol, kind, calendar, pip, profile)
    except BridgeError as error:
        raise SetupError(str(error)) from None


def draft_of(
    found: TerminalSymbol, symbol: str, kind: str, calendar: str, pip: float | None, profile: str
) -> Draft:
    """The entry that a terminal's facts make."""
    pip = pip or _POINTS_A_PIP / 10**found.digits
    quote = found.currency_profit
    base = found.currency_base if found.currency_base != quote else symbol.removesuffix(quote)
    told = symbol == base + quote
    commission = assumed_commission(kind, profile)
    checks = [
        f"pip: {pip:g} is taken as {_POINTS_A_PIP} points"
        if pip * 10**found.digits == _POINTS_A_PIP
        else "pip",
        f"calendar: {calendar}, against the sessions that the terminal shows for {found.name}",
        f"costs: commission is in no field of the terminal, it is {'assumed' if commission else 'of the profile'}",
        "costs: margin_rate and slippage_pips are assumed",
        "min_open_ticks and windows: against the quotes of a usual day and the history that there is",
    ]
    costs: dict[str, Any] = {
        "lot_units": found.trade_contract_size,
        "margin_rate": 0.05,
        "slippage_pips": 0.5,
        "latency_ms": [200],
        **commission,
    }
    if found.swap_mode == _SWAP_IN_POINTS:
        in_pips = 1 / (pip * 10**found.digits)
        costs |= {  # the terminal's are credits where they are positive
            "swap_long_pips": round(-found.swap_long * in_pips, 6) + 0.0,
            "swap_short_pips": round(-found.swap_short * in_pips, 6) + 0.0,
        }
    else:
        costs |= {"swap_long_pips": 0.0, "swap_short_pips": 0.0}
        checks.append(f"swap: the terminal states it in mode {found.swap_mode}, not in points; it is 0 here")
    if 1 <= found.swap_rollover3days <= len(TRIPLE_DAYS):  # 0 is Sunday
        costs["triple_day"] = TRIPLE_DAYS[found.swap_rollover3days - 1]
    return Draft(
        expect_symbol(symbol),
        {
            "about": found.description,
            "kind": kind,
            "calendar": calendar,
            "digits": found.digits,
            "pip": pip,
            "tick_points": max(1, round(found.trade_tick_size / found.point)),
            "stops_level_points": found.trade_stops_level,
            "min_open_ticks": 5_000,
            "windows": {"train_days": 10, "validate_days": 3, "test_days": 3},
            "base": "" if told else base,
            "quote": "" if told else quote,
            "codes": {"mt5": found.name} if found.name != symbol else {},
            "price": found.bid or None,
            "costs": costs,
        },
        f"{found.description}: {found.name} of a MetaTrader 5 terminal",
        checks,
    )
