"""The terminal and its account as the terminal shows them."""

from __future__ import annotations

from typing import Any

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated import records
from mt5_bridge.simulated.account import Account
from mt5_bridge.simulated.views.record import record

BUILD = 5000
_PATH = r"C:\Program Files\Simulated Terminal"
_ACCOUNT_KINDS = {
    "demo": mt5.ACCOUNT_TRADE_MODE_DEMO,
    "contest": mt5.ACCOUNT_TRADE_MODE_CONTEST,
    "real": mt5.ACCOUNT_TRADE_MODE_REAL,
}


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
