"""A simulated broker for the demo's bridge: an account in the cost profile's currency that charges what that says.

It does not slip: its fills are the quotes that the order table takes. What the profile assumes of slippage is then a
step of the attribution.
"""

from __future__ import annotations

from typing import Any

from mt5_bridge.exact import exact
from ticklake_assets.core.instruments import Instrument

_BALANCE = 10_000_000
_WEEK = range(7)


def broker_toml(instrument: Instrument) -> str:
    """The broker as the file that `ticklake-bridge replay --broker` reads."""
    costs, account = instrument.costs, instrument.costs.account
    points = instrument.pip / instrument.point
    symbol = {
        "name": instrument.symbol,
        "currency_base": _code(instrument.base),
        "currency_profit": _code(instrument.quote),
        "digits": instrument.digits,
        "contract_size": _decimal(account.units / account.lots),
        "swap_long": _decimal(-costs.swap_long_pips * points),
        "swap_short": _decimal(-costs.swap_short_pips * points),
        "swap_rollover3days": _triple_day(costs.nights),
        "commission_share": _decimal(costs.commission.share),
        "commission_fixed": _decimal(costs.commission.fixed),
        "markup_points": round(costs.markup_pips * points),
    }
    login = {"login": 1_000_001, "currency": _code(account.currency), "balance": _BALANCE}
    lines = ["[[symbols]]", *_lines(symbol)]
    for weekday in _WEEK:  # the feed says when the market is open
        lines += ["[[symbols.sessions]]", f"weekday = {weekday}"]
    lines += ["[[accounts]]", *_lines(login)]
    if account.currency not in {instrument.base, instrument.quote}:
        price = account.reference_price
        rates = {instrument.quote: account.rate, instrument.base: account.rate * price}
        lines += [
            "[rates]",
            *_lines({_code(each) + _code(account.currency): _decimal(rates[each]) for each in rates}),
        ]
    return "\n".join([*lines, ""])


def _lines(values: dict[str, Any]) -> list[str]:
    return [
        f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}"
        for name, value in values.items()
    ]


def _decimal(value: float) -> str:
    return f"{exact(value):f}"


def _code(currency: str) -> str:
    """Three letters: of an index or a coin its first ones."""
    return currency[:3].ljust(3, "X")


def _triple_day(nights: tuple[int, ...]) -> int:
    """As MetaTrader 5 counts, Sunday 0; Wednesday where no day pays three."""
    return (nights.index(3) + 1) % 7 if 3 in nights else 3
