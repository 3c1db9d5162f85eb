"""What the terminal shows of the broker's rows: the package's records, floats and times on the broker's clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated import records
from mt5_bridge.simulated.account import Account
from mt5_bridge.simulated.money import Money, decimal
from mt5_bridge.simulated.rows import Deal, Order, Position
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.simulated.wall import Wall
from mt5_bridge.trading.words import Quote

BUILD = 5000
_PATH = r"C:\Program Files\Simulated Terminal"
_ALL_ORDERS = 0b1111111
_ACCOUNT_KINDS = {
    "demo": mt5.ACCOUNT_TRADE_MODE_DEMO,
    "contest": mt5.ACCOUNT_TRADE_MODE_CONTEST,
    "real": mt5.ACCOUNT_TRADE_MODE_REAL,
}


def record(kind: Any, fields: Mapping[str, Any]) -> Any:
    """A record of the package; of fields that are not given numbers are 0 and texts empty."""
    return kind([fields.get(name, _EMPTY.get(name, 0)) for name in kind.__match_args__])


_EMPTY = dict.fromkeys(
    (
        *("basis", "category", "bank", "description", "exchange", "formula", "isin", "page", "comment"),
        *("external_id", "mqid", "symbol", "currency_base", "currency_profit", "currency_margin"),
    ),
    "",
)


def position_record(position: Position, account: Account, wall: Wall) -> Any:
    return record(
        records.TradePosition,
        {
            **vars(position),
            **_times(wall, time=position.time_us, time_update=position.time_update_us),
            "volume": float(position.volume),
            "price_open": float(position.price_open),
            "price_current": account.exit_price(position) or 0.0,
            "swap": float(position.swap),
            "profit": float(account.floating(position)),
        },
    )


def order_record(order: Order, standing: Mapping[str, Quote], wall: Wall) -> Any:
    quote = standing.get(order.symbol)
    return record(
        records.TradeOrder,
        {
            **vars(order),
            **_times(wall, time_setup=order.time_setup_us, time_done=order.time_done_us),
            "time_expiration": order.expiration,
            "volume_initial": float(order.volume_initial),
            "volume_current": float(order.volume_current),
            "price_current": 0.0 if quote is None else quote.ask if order.sign > 0 else quote.bid,
        },
    )


def deal_record(deal: Deal, wall: Wall) -> Any:
    money = ("volume", "profit", "commission", "swap", "fee")
    return record(
        records.TradeDeal,
        {
            **vars(deal),
            **_times(wall, time=deal.time_us),
            **{name: float(getattr(deal, name)) for name in money},
        },
    )


def account_record(account: Account, server: str, company: str) -> Any:
    setup = account.setup
    return record(
        records.AccountInfo,
        {
            "login": setup.login,
            "trade_mode": _ACCOUNT_KINDS[setup.kind],
            "leverage": setup.leverage,
            "limit_orders": setup.limit_orders,
            "margin_so_mode": mt5.ACCOUNT_STOPOUT_MODE_PERCENT,
            "trade_allowed": True,
            "trade_expert": True,
            "margin_mode": mt5.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING
            if account.is_hedging
            else mt5.ACCOUNT_MARGIN_MODE_RETAIL_NETTING,
            "currency_digits": setup.currency_digits,
            "fifo_close": False,
            **money_fields(account),
            "credit": 0.0,
            "margin_so_call": float(setup.margin_call_percent),
            "margin_so_so": float(setup.stop_out_percent),
            "margin_initial": 0.0,
            "margin_maintenance": 0.0,
            "assets": 0.0,
            "liabilities": 0.0,
            "commission_blocked": 0.0,
            "name": "Simulated",
            "server": server,
            "currency": setup.currency,
            "company": company,
        },
    )


def money_fields(account: Account) -> dict[str, float]:
    names = ("balance", "profit", "equity", "margin", "margin_free", "margin_level")
    return {name: float(getattr(account, name)) for name in names}


def terminal_record(*, is_connected: bool, is_trading: bool, company: str) -> Any:
    return record(
        records.TerminalInfo,
        {
            "community_account": False,
            "community_connection": False,
            "connected": is_connected,
            "dlls_allowed": False,
            "trade_allowed": is_trading,
            "tradeapi_disabled": False,
            "email_enabled": False,
            "ftp_enabled": False,
            "notifications_enabled": False,
            "build": BUILD,
            "maxbars": 100_000,
            "codepage": 1252,
            "ping_last": 1_000,
            "community_balance": 0.0,
            "retransmission": 0.0,
            "company": company,
            "name": "MetaTrader 5",
            "language": "English",
            "path": _PATH,
            "data_path": _PATH,
            "commondata_path": _PATH,
        },
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


def tick_record(tick: Any) -> Any:
    return record(records.Tick, dict(zip(tick.dtype.names, tick.tolist(), strict=True)))


def _times(wall: Wall, **moments_us: int) -> dict[str, int]:
    """Each in seconds, and as `_msc` in milliseconds; 0 stays 0."""
    shown = {}
    for name, moment_us in moments_us.items():
        shown[name] = wall.seconds(moment_us) if moment_us else 0
        shown[f"{name}_msc"] = wall.ms(moment_us) if moment_us else 0
    return shown
