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
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

ANSWERS = Path(__file__).with_name("vendor_answers.txt")
R = {"action": 1, "symbol": "E", "volume": 0.1, "type": 0, "price": 1.1}
DAY = datetime(2024, 1, 17, tzinfo=UTC)
KNOWN = {"R": R, "DAY": DAY, "date": date, "math": math, "np": np}
_ANY = "5; '5'; 5.0; None; True; -1; np.int64(5); 2**31; 2**32; 2**64; []"
_LIMITS = "-2**63; -2**63 - 1; 2**63 - 1; 2**63; 2**32 - 1; 2**64 - 1; np.float64(5); math.nan; DAY"
_LONG = r"'a' * 29; 'a' * 30; '\xe4' * 29; '\xe4' * 30; '\U0001d11e' * 14; '\U0001d11e' * 15"
_TEXTS = rf"''; {_LONG}; 'a\0b'; 5; None; b'E'"
_NONE_TAKEN = (
    "shutdown", "last_error", "version", "terminal_info", "account_info", "symbols_total", "orders_total",
    "positions_total",
)  # fmt: skip
_OF_A_SYMBOL = (
    "symbol_info",
    "symbol_info_tick",
    "market_book_add",
    "market_book_get",
    "market_book_release",
)
_PLACES = {
    "copy_ticks_from": ("'E'", "5", "10", "-1"),
    "copy_ticks_range": ("'E'", "5", "6", "-1"),
    "copy_rates_from": ("'E'", "1", "5", "10"),
    "copy_rates_from_pos": ("'E'", "1", "0", "10"),
    "copy_rates_range": ("'E'", "1", "5", "6"),
    "order_calc_margin": ("0", "'E'", "1.0", "1.1"),
    "order_calc_profit": ("0", "'E'", "1.0", "1.1", "1.2"),
}
_FIELDS = (
    "action", "magic", "order", "symbol", "volume", "price", "stoplimit", "sl", "tp", "deviation", "type",
    "type_filling", "type_time", "expiration", "comment", "position", "position_by",
)  # fmt: skip
"""In the order in which the package looks at them."""


def calls() -> Iterator[str]:
    """Expressions, in which `mt5` is the module."""
    for name in _NONE_TAKEN:
        yield from _each(name, "; 5; x=5")
    yield from _session()
    for name in _OF_A_SYMBOL:
        yield from _each(name, f"; 'E'; 'E', 'F'; symbol='E'; {_TEXTS}")
    yield from _each(
        "symbol_select", "; 'E'; 'E', False; 'E', 'x'; 'E', None; 'E', True, 1; symbol='E'; 'E', enable=True"
    )
    yield from _each("symbol_select", _TEXTS)
    yield from _each(
        "symbols_get",
        "; '*'; group='*'; 5; None; group=5; group=None; x=5; '*', '*'; '*' * 300; '*', group=5",
    )
    yield from _books()
    yield from _history()
    yield from _prices()
    yield from _orders()


def _each(name: str, arguments: str, inside: str = "%s") -> Iterator[str]:
    """Calls of one function with each of the arguments, which a semicolon parts."""
    for said in arguments.split(";"):
        yield f"mt5.{name}({inside.replace('%s', said.strip())})"


def _session() -> Iterator[str]:
    yield from _each("initialize", "5; None; 'a', 'b'; b'a'; path=5; nonsense=5; 'x' * 257; 'x' * 258")
    yield from _each("initialize", "path=5, login='x'; login='x', password=5")
    for name in ("login", "timeout", "portable"):
        yield from _each("initialize", _ANY, f"{name}=%s")
    for name in ("password", "server"):
        yield from _each("initialize", "'x'; 5; None; 'x' * 253; 'x' * 254", f"{name}=%s")
    yield from _each(
        "login",
        f"; login=5; 5, 'a', 'b'; 5, 'a', 'b', 7; 5, 6; 5, 'a', 6; 5, x=5; 5, 'a', password=5; {_ANY}",
    )
    for name in ("password", "server", "timeout"):
        yield from _each("login", "'x'; 5", f"5, {name}=%s")


def _books() -> Iterator[str]:
    for name in ("orders_get", "positions_get"):
        yield from _each(name, "; 'E'; x=5; group='*'; group=5; group=None; 5, symbol=5")
        yield from _each(name, _TEXTS, "symbol=%s")
        yield from _each(name, _ANY, "ticket=%s")
        yield from _each(
            name, "symbol='A', group=5; symbol='A', ticket='x'; ticket=5, group=5; ticket=5, symbol=5"
        )


def _history() -> Iterator[str]:
    moments = (
        "; 5, 6; 5.5, 6.5; DAY, DAY; 'a', 6; None, None; 5, np.int64(5); date(2024, 1, 17), 5; True, 5; 5; 5, 6, 7;"
        "np.float64(5), 6; np.float32(5), 6; math.nan, math.inf; -1, 1e300; 2**31, 5; date_from=5, date_to=6"
    )
    for name in ("history_orders_total", "history_deals_total", "history_orders_get", "history_deals_get"):
        yield from _each(name, moments)
    for name in ("history_orders_get", "history_deals_get"):
        for field in ("ticket", "position"):
            yield from _each(name, _ANY, f"{field}=%s")
        for before in ("", "5, ", "5, 6, ", "ticket=5, "):
            filters = "group='*'; group=5; position='x'; x=5"
            yield from _each(
                name, filters if before.startswith("ticket") else f"{filters}; ticket='x'", f"{before}%s"
            )
        yield from _each(name, "'x', 'y', group=5")


def _prices() -> Iterator[str]:
    """Each argument of each function in turn is another."""
    others = "'x'; 5; 5.5; None; True; -1; np.int64(5); 2**31; 2**32; -2**31 - 1; DAY; 'E' * 30"
    for name, usual in _PLACES.items():
        yield from _each(name, f"{', '.join(usual[:-1])}; 5, 'x', 'y', 'z'")
        yield from _each(name, "; , 5; , x=5", f"{', '.join(usual)}%s")
        for place in range(len(usual)):
            yield from _each(name, others, ", ".join((*usual[:place], "%s", *usual[place + 1 :])))


def _orders() -> Iterator[str]:
    for name in ("order_send", "order_check"):
        yield from _each(name, "; {}; R; R, 5; 5; None; [5]; 'x'; **R; request=R; R, x=5")
        yield from _each(name, "'nonsense': 5; 5: 5", "R | {%s}")
        for field in _FIELDS if name == "order_send" else ("volume", "magic"):
            values = _TEXTS if field in {"symbol", "comment"} else f"{_ANY}; {_LIMITS}"
            yield from _each(name, values, f"R | {{{field!r}: %s}}")
        for first, second in pairwise(_FIELDS):
            yield from _each(name, f"{{{second!r}: [], {first!r}: []}}")
    for name in ("Buy", "Sell"):
        yield from _each(name, "'E', 1.0; 'E', 1.0, 1.1; 'E', 1, 1.1; 'E', 1.0, 1")
        yield from _each(name, "comment='a' * 30; ticket='5'; ticket=5", "'E', 1.0, 1.1, %s")
    yield from _each("Close", "'E'; 5; 'E', ticket=5; 'E', ticket='x'")


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
