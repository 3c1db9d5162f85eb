"""What the vendor's module answers without a terminal, call by call: `vendor_answers.txt`.

The file was written by the real package, and both it and the simulated module are held against it. A new call gets
its answer on Windows (under Wine: `.wine/python`), where no terminal is installed:

    python -m ticklake_assets_tests.mt5_bridge.simulated.vendor_calls
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

ANSWERS = Path(__file__).with_name("vendor_answers.txt")
R = {"action": 1, "symbol": "E", "volume": 0.1, "type": 0, "price": 1.1}
KNOWN = {"R": R, "date": date, "datetime": datetime, "UTC": UTC, "math": math, "np": np}
DAY = "datetime(2024, 1, 17, tzinfo=UTC)"
_ANY = ("5", "'5'", "5.0", "None", "True", "-1", "np.int64(5)", "2**31", "2**32", "2**64", "[]")
_REQUEST = "R | {%s}"
_WHOLE = (
    "action", "magic", "order", "deviation", "type", "type_filling", "type_time", "expiration", "position",
    "position_by",
)  # fmt: skip
_REAL = ("volume", "price", "stoplimit", "sl", "tp")
_TEXTS = (
    "''", "'a' * 29", "'a' * 30", "'\\xe4' * 29", "'\\xe4' * 30", "'\\U0001d11e' * 14", "'\\U0001d11e' * 15", "'a\\0b'",
    "5", "None", "b'E'",
)  # fmt: skip


def calls() -> Iterator[str]:
    """Expressions, in which `mt5` is the module."""
    for name in ("shutdown", "last_error", "version", "terminal_info", "account_info", "symbols_total", "orders_total"):
        yield from (f"mt5.{name}({said})" for said in ("", "5", "x=5"))
    yield from (f"mt5.positions_total({said})" for said in ("", "5", "x=5"))
    yield from _session()
    for name in ("symbol_info", "symbol_info_tick", "market_book_add", "market_book_get", "market_book_release"):
        yield from (f"mt5.{name}({said})" for said in ("", "'E'", "'E', 'F'", "symbol='E'", *_TEXTS))
    more = ("", "'E'", "'E', False", "'E', 'x'", "'E', None", "'E', True, 1", "symbol='E'", "'E', enable=True")
    yield from (f"mt5.symbol_select({said})" for said in (*more, *_TEXTS))
    yield from (f"mt5.symbols_get({said})" for said in ("", "'*'", "group='*'", "5", "None", "group=5", "group=None"))
    yield from (f"mt5.symbols_get({said})" for said in ("x=5", "'*', '*'", "'*' * 300", "'*', group=5"))
    yield from _books()
    yield from _history()
    yield from _prices()
    yield from _orders()


def _session() -> Iterator[str]:
    for said in ("5", "None", "'a', 'b'", "b'a'", "path=5", "nonsense=5", "path=5, login='x'", "'x' * 257", "'x' * 258", "login='x', password=5"):
        yield f"mt5.initialize({said})"
    yield from (f"mt5.initialize({name}={said})" for name in ("login", "timeout", "portable") for said in _ANY)
    for name in ("password", "server"):
        yield from (f"mt5.initialize({name}={said})" for said in ("'x'", "5", "None", "'x' * 253", "'x' * 254"))
    for said in ("", "5", "login=5", "5, 'a', 'b'", "5, 'a', 'b', 7", "5, 6", "5, 'a', 6", "5, x=5", "5, 'a', password=5"):
        yield f"mt5.login({said})"
    yield from (f"mt5.login({said})" for said in _ANY)
    yield from (f"mt5.login(5, {name}={said})" for name in ("password", "server", "timeout") for said in ("'x'", "5"))


def _books() -> Iterator[str]:
    for name in ("orders_get", "positions_get"):
        yield from (f"mt5.{name}({said})" for said in ("", "'E'", "x=5", "group='*'", "group=5", "group=None"))
        yield from (f"mt5.{name}(symbol={said})" for said in _TEXTS)
        yield from (f"mt5.{name}(ticket={said})" for said in _ANY)
        yield from (f"mt5.{name}(symbol='A', {said})" for said in ("group=5", "ticket='x'"))
        yield from (f"mt5.{name}(ticket=5, {said})" for said in ("group=5", "symbol=5"))
        yield f"mt5.{name}(5, symbol=5)"


def _history() -> Iterator[str]:
    moments = ("5, 6", "5.5, 6.5", f"{DAY}, {DAY}", "'a', 6", "None, None", "5, np.int64(5)", "date(2024, 1, 17), 5")
    more = ("True, 5", "np.float64(5), 6", "np.float32(5), 6", "math.nan, math.inf", "-1, 1e300", "5, 6, 7", "5", "2**31, 5")
    for name in ("history_orders_total", "history_deals_total"):
        yield from (f"mt5.{name}({said})" for said in ("", *moments, *more, "date_from=5, date_to=6"))
    for name in ("history_orders_get", "history_deals_get"):
        yield from (f"mt5.{name}({said})" for said in ("", *moments, *more, "date_from=5, date_to=6", "x=5"))
        yield from (f"mt5.{name}({field}={said})" for field in ("ticket", "position") for said in _ANY)
        for said in ("group='*'", "group=5", "ticket='x'", "position='x'"):
            yield f"mt5.{name}(5, 6, {said})"
            yield f"mt5.{name}(5, {said})"
            yield f"mt5.{name}(ticket=5, {said})"
            yield f"mt5.{name}({said})"
        yield f"mt5.{name}('x', 'y', group=5)"


def _prices() -> Iterator[str]:
    """Each argument of each function in turn is another."""
    places = {
        "copy_ticks_from": ("'E'", "5", "10", "-1"),
        "copy_ticks_range": ("'E'", "5", "6", "-1"),
        "copy_rates_from": ("'E'", "1", "5", "10"),
        "copy_rates_from_pos": ("'E'", "1", "0", "10"),
        "copy_rates_range": ("'E'", "1", "5", "6"),
        "order_calc_margin": ("0", "'E'", "1.0", "1.1"),
        "order_calc_profit": ("0", "'E'", "1.0", "1.1", "1.2"),
    }
    others = ("'x'", "5", "5.5", "None", "True", "-1", "np.int64(5)", "2**31", "2**32", "-2**31 - 1", DAY, "'E' * 30")
    for name, usual in places.items():
        yield f"mt5.{name}({', '.join(usual)})"
        yield f"mt5.{name}({', '.join(usual[:-1])})"
        yield f"mt5.{name}({', '.join(usual)}, 5)"
        yield f"mt5.{name}({', '.join(usual)}, x=5)"
        yield f"mt5.{name}(5, 'x', 'y', 'z')"
        for place in range(len(usual)):
            for other in others:
                yield f"mt5.{name}({', '.join((*usual[:place], other, *usual[place + 1 :]))})"


def _orders() -> Iterator[str]:
    for name in ("order_send", "order_check"):
        for said in ("", "{}", "R", "R, 5", "5", "None", "[5]", "'x'", "**R", "request=R", "R, x=5"):
            yield f"mt5.{name}({said})"
        yield from (f"mt5.{name}({_REQUEST % said})" for said in ("'nonsense': 5", "5: 5"))
        fields = (*_WHOLE, *_REAL)
        values = (*_ANY, "-2**63", "-2**63 - 1", "2**63 - 1", "2**63", "2**32 - 1", "2**64 - 1", "np.float64(5)", "math.nan", DAY)
        for field in fields if name == "order_send" else ("volume", "magic"):
            yield from (f"mt5.{name}({_REQUEST % f'{field!r}: {value}'})" for value in values)
        for field in ("symbol", "comment"):
            yield from (f"mt5.{name}({_REQUEST % f'{field!r}: {value}'})" for value in _TEXTS)
        order = (
            "action", "magic", "order", "symbol", "volume", "price", "stoplimit", "sl", "tp", "deviation", "type",
            "type_filling", "type_time", "expiration", "comment", "position", "position_by",
        )  # fmt: skip
        yield from (
            f"mt5.{name}({{{second!r}: [], {first!r}: []}})" for first, second in zip(order, order[1:], strict=False)
        )
    for name in ("Buy", "Sell"):
        for said in ("'E', 1.0", "'E', 1.0, 1.1", "'E', 1, 1.1", "'E', 1.0, 1"):
            yield f"mt5.{name}({said})"
        yield from (f"mt5.{name}('E', 1.0, 1.1, {said})" for said in ("comment='a' * 30", "ticket='5'", "ticket=5"))
    yield from (f"mt5.Close({said})" for said in ("'E'", "5", "'E', ticket=5", "'E', ticket='x'"))


def answer(mt5: Any, call: str) -> str:
    """What a call gives, and what `last_error` says then; before it, the module was shut down."""
    mt5.shutdown()
    try:
        given = repr(eval(call, {"mt5": mt5, **KNOWN}))
    except Exception as error:
        given = f"{type(error).__name__}: {error}"
    return f"{given}; {mt5.last_error()}"


def recorded() -> dict[str, str]:
    """The vendor's answers."""
    lines = ANSWERS.read_text(encoding="ascii").splitlines()
    return dict(line.split(" -> ", maxsplit=1) for line in lines)


def main() -> None:
    import MetaTrader5

    if MetaTrader5.initialize():
        MetaTrader5.shutdown()
        sys.exit("A terminal runs here, which would answer")
    lines = [f"{call} -> {answer(MetaTrader5, call)}\n" for call in dict.fromkeys(calls())]
    ANSWERS.write_bytes("".join(lines).encode("ascii"))


if __name__ == "__main__":
    main()
