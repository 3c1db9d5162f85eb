"""Symbols and their quotes as the terminal shows them."""

from __future__ import annotations

from typing import Any

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated import records
from mt5_bridge.simulated.money import Money, decimal
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.simulated.views.record import record

_ALL_ORDERS = 0b1111111
_SYMBOL_FLOATS = (
    *(
        "bidhigh",
        "bidlow",
        "askhigh",
        "asklow",
        "last",
        "lasthigh",
        "lastlow",
        "volume_real",
        "volumehigh_real",
    ),
    *(
        "volumelow_real",
        "option_strike",
        "trade_accrued_interest",
        "trade_face_value",
        "trade_liquidity_rate",
    ),
    *("margin_initial", "margin_maintenance", "session_volume", "session_turnover", "session_interest"),
    *(
        "session_buy_orders_volume",
        "session_sell_orders_volume",
        "session_open",
        "session_close",
        "session_aw",
    ),
    *("session_price_settlement", "session_price_limit_min", "session_price_limit_max", "price_change"),
    *(
        "price_volatility",
        "price_theoretical",
        "price_greeks_delta",
        "price_greeks_theta",
        "price_greeks_gamma",
    ),
    *("price_greeks_vega", "price_greeks_rho", "price_greeks_omega", "price_sensitivity"),
)


def symbol_record(symbol: Specification, money: Money, tick: Any | None, *, is_selected: bool) -> Any:
    """`tick` is the newest one that the terminal has, a row of its history."""
    bid, ask = (0.0, 0.0) if tick is None else (float(tick["bid"]), float(tick["ask"]))
    step = decimal(symbol.point) * symbol.contract_size
    gain = loss = 0.0
    if tick is not None and money.can_convert(symbol):
        gain, loss = (
            float(step * money.rate(symbol.currency_profit, gains=gains)) for gains in (True, False)
        )
    zeros = dict.fromkeys(_SYMBOL_FLOATS, 0.0)
    hedged = symbol.contract_size if symbol.margin_hedged is None else symbol.margin_hedged
    return record(
        records.SymbolInfo,
        {
            **zeros,
            "custom": False,
            "select": is_selected,
            "visible": is_selected,
            "time": 0 if tick is None else int(tick["time"]),
            "digits": symbol.digits,
            "spread": symbol.points(ask - bid),
            "spread_float": True,
            "trade_calc_mode": mt5.SYMBOL_CALC_MODE_FOREX,
            "trade_mode": symbol.mode,
            "trade_stops_level": symbol.trade_stops_level,
            "trade_freeze_level": symbol.trade_freeze_level,
            "trade_exemode": symbol.execution_mode,
            "swap_mode": mt5.SYMBOL_SWAP_MODE_POINTS,
            "swap_rollover3days": symbol.swap_rollover3days,
            "margin_hedged_use_leg": False,
            "expiration_mode": 0b1111,
            "filling_mode": symbol.filling_mode,
            "order_mode": _ALL_ORDERS,
            "bid": bid,
            "ask": ask,
            "point": symbol.point,
            "trade_tick_value": gain,
            "trade_tick_value_profit": gain,
            "trade_tick_value_loss": loss,
            "trade_tick_size": symbol.point,
            "trade_contract_size": float(symbol.contract_size),
            "volume_min": float(symbol.volume_min),
            "volume_max": float(symbol.volume_max),
            "volume_step": float(symbol.volume_step),
            "volume_limit": float(symbol.volume_limit),
            "swap_long": float(symbol.swap_long),
            "swap_short": float(symbol.swap_short),
            "margin_hedged": float(hedged),
            "currency_base": symbol.currency_base,
            "currency_profit": symbol.currency_profit,
            "currency_margin": symbol.currency_base,
            "name": symbol.name,
            "path": rf"Forex\{symbol.name}",
        },
    )


def tick_record(tick: Any) -> Any:
    return record(records.Tick, dict(zip(tick.dtype.names, tick.tolist(), strict=True)))
