"""Calls of the vendor's functions with arguments that fit and that don't: (function, unnamed, named)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from mt5_bridge.simulated import records

Call = tuple[str, tuple[Any, ...], dict[str, Any]]
DAY = datetime(2024, 1, 2, tzinfo=UTC)
REQUEST = {"action": 1, "symbol": "EURUSD", "volume": 1.0, "type": 0, "price": 1.1}
VALUES: tuple[Any, ...] = (
    None, True, 0, 1, -1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**31),
    -(2**31) - 1, -(2**63), -(2**63) - 1, 1.0, 1.5, float("nan"), float("inf"), 1e300, "", "x", "x" * 29, "x" * 30,
    "x" * 31, "x" * 300, "\u00e9" * 29, "\U0001f600" * 14, "\U0001f600" * 15, "\ud800", b"x", [], {}, DAY,
    DAY.replace(tzinfo=None), date(2024, 1, 2), np.int64(1), np.int32(1), np.float64(1.0), np.float32(1.0),
    records.Tick, "x" * 253, "x" * 254,
)  # fmt: skip
FITTING: dict[str, tuple[Any, ...]] = {
    "symbol_info": ("EURUSD",),
    "symbol_info_tick": ("EURUSD",),
    "symbol_select": ("EURUSD", True),
    "market_book_add": ("EURUSD",),
    "market_book_get": ("EURUSD",),
    "market_book_release": ("EURUSD",),
    "copy_ticks_from": ("EURUSD", DAY, 10, -1),
    "copy_ticks_range": ("EURUSD", DAY, DAY, -1),
    "copy_rates_from": ("EURUSD", 1, DAY, 10),
    "copy_rates_from_pos": ("EURUSD", 1, 0, 10),
    "copy_rates_range": ("EURUSD", 1, DAY, DAY),
    "history_orders_total": (DAY, DAY),
    "history_deals_total": (DAY, DAY),
    "order_calc_margin": (0, "EURUSD", 1.0, 1.1),
    "order_calc_profit": (0, "EURUSD", 1.0, 1.1, 1.2),
    "history_orders_get": (DAY, DAY),
    "history_deals_get": (DAY, DAY),
    "login": (1, "password", "server"),
    "initialize": (),  # no path: it would start that program
    "symbols_get": ("*",),
    "positions_get": (),
    "orders_get": (),
    "order_send": (REQUEST,),
    "order_check": (REQUEST,),
    "terminal_info": (),
    "account_info": (),
    "version": (),
    "last_error": (),
    "shutdown": (),
    "symbols_total": (),
    "positions_total": (),
    "orders_total": (),
}
"""Each function once, with arguments that fit."""
NAMED = (
    "login",
    "password",
    "server",
    "timeout",
    "portable",
    "symbol",
    "group",
    "ticket",
    "position",
    "date_from",
    "x",
)
FIELDS = records.TradeRequest.__match_args__


def calls() -> Iterator[Call]:
    for function, fitting in FITTING.items():
        for count in range(len(fitting) + 1):
            yield function, fitting[:count], {}
        yield function, (*fitting, 1), {}
        for place in range(len(fitting)):
            for value in VALUES:
                yield function, (*fitting[:place], value, *fitting[place + 1 :]), {}
        for name in NAMED:
            for value in VALUES:
                yield function, fitting[:1], {name: value}
                yield function, fitting, {name: value}
                yield function, (), {name: value}
    for function in ("order_send", "order_check"):
        for name in FIELDS:
            for value in VALUES:
                yield function, (REQUEST | {name: value},), {}
                yield function, (), REQUEST | {name: value}
    yield from _of_two_wrongs()


def _of_two_wrongs() -> Iterator[Call]:
    """Which of two is told of."""
    wrongs: tuple[Any, ...] = ("x" * 30, 1.5, None, [])
    for function, fitting in FITTING.items():
        for first in range(len(fitting)):
            for second in range(first + 1, len(fitting)):
                for wrong in wrongs:
                    args = list(fitting)
                    args[first] = args[second] = wrong
                    yield function, tuple(args), {}
    for function in (
        "positions_get",
        "orders_get",
        "history_orders_get",
        "history_deals_get",
        "login",
        "symbols_get",
    ):
        for one in NAMED:
            for other in NAMED:
                for arguments in ((), FITTING[function][:1], FITTING[function]):
                    yield function, arguments, {one: [], other: []}
    for one in NAMED[:4]:
        for other in NAMED[:4]:
            yield "initialize", (), {one: [], other: []}
    for function in ("order_send", "order_check"):
        for place in range(len(FIELDS)):
            yield function, ({name: [] for name in FIELDS[place:]},), {}
