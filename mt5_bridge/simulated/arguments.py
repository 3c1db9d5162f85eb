"""Which arguments the vendor's functions refuse, before they ask a terminal, and how.

Measured with the real package (5.0.6231, Windows' Python 3.13, no terminal); `test_arguments.py` holds it against the
package where there is one. Most functions give None and leave the code -2; a number that C cannot hold raises
SystemError. What a function here cannot see: `order_send(request, **{})` is refused ("Unnamed arguments not allowed"),
as an empty mapping of named arguments is no absent one to C.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mt5_bridge.simulated.constants import RES_E_INVALID_PARAMS

LONGEST_TEXT = 29
"""Of a symbol and a comment, in UTF-16 units: an emoji counts twice."""
_LONGEST_CREDENTIAL = 253
"""Of a password and a server's name."""
_LONGEST_PATH = 257
_LONG = 2**31
"""C's `long` has 32 bits on Windows."""


@dataclass(frozen=True)
class Problem:
    """A refusal: `error` is what `last_error` then says, None where the call says it or it stays what it was."""

    error: tuple[int, str] | None
    returns: bool | None = None
    raises: Exception | None = None

    def answer(self) -> bool | None:
        """What the function gives, or raises."""
        if self.raises is not None:
            raise self.raises
        return self.returns


class _UnfitError(Exception):
    """Refused by the function itself; other exceptions come out of it as SystemError."""


_Kind = Callable[[Any], object]
"""Takes what fits; raises _UnfitError, TypeError or OverflowError."""


def _text(value: Any) -> None:
    if not isinstance(value, str):
        raise _UnfitError


def _text_up_to(longest: int) -> _Kind:
    def check(value: Any) -> None:
        _text(value)
        if len(value.encode("utf-16-le", "surrogatepass")) > 2 * longest:
            raise _UnfitError

    return check


_short_text = _text_up_to(LONGEST_TEXT)
_credential = _text_up_to(_LONGEST_CREDENTIAL)


def _float(value: Any) -> None:
    if not isinstance(value, float):
        raise _UnfitError


def _integer(first: int, last: int, too_low: str, too_high: str) -> _Kind:
    """An `int` itself: numpy's are none."""

    def check(value: Any) -> None:
        if not isinstance(value, int):
            raise _UnfitError
        if not first <= value <= last:
            raise OverflowError(too_low if value < first else too_high)

    return check


_UNSIGNED_32 = _integer(
    0, 2**32 - 1,
    "can't convert negative value to unsigned int", "Python int too large to convert to C unsigned long",
)  # fmt: skip
_UNSIGNED_64 = _integer(0, 2**64 - 1, "can't convert negative int to unsigned", "int too big to convert")
_SIGNED_64 = _integer(-(2**63), 2**63 - 1, "int too big to convert", "int too big to convert")


def _long(value: Any) -> None:
    if not -_LONG <= operator.index(value) < _LONG:
        raise OverflowError("Python int too large to convert to C long")


def _side(value: Any) -> None:
    """The number of an order's type; of any size, and not looked at."""
    if not isinstance(value, int):
        raise TypeError(f"argument 1 must be int, not {'None' if value is None else _type_name(value)}")


def _real(value: Any) -> None:
    if not (hasattr(value, "__float__") or hasattr(value, "__index__")):
        raise TypeError(f"must be real number, not {_type_name(value)}")


def _type_name(value: Any) -> str:
    """As C has it: of a library's type with its module."""
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _moment(value: Any) -> None:
    """A datetime, or seconds as `int` or `float`; a `date` or a whole number of numpy's is none."""
    if not isinstance(value, datetime | int | float):
        raise _UnfitError


def _anything(value: Any) -> None: ...


_REQUEST: dict[str, _Kind] = {
    "action": _UNSIGNED_32, "magic": _UNSIGNED_64, "order": _UNSIGNED_64, "symbol": _short_text, "volume": _float,
    "price": _float, "stoplimit": _float, "sl": _float, "tp": _float, "deviation": _UNSIGNED_64, "type": _UNSIGNED_32,
    "type_filling": _UNSIGNED_32, "type_time": _UNSIGNED_32, "expiration": _SIGNED_64, "comment": _short_text,
    "position": _UNSIGNED_64, "position_by": _UNSIGNED_64,
}  # fmt: skip
_NO_ARGUMENTS = {
    "account_info", "last_error", "orders_total", "positions_total", "shutdown", "symbols_total", "terminal_info",
    "version",
}  # fmt: skip
_POSITIONAL: dict[str, tuple[_Kind, ...]] = {
    "symbol_info": (_short_text,),
    "symbol_info_tick": (_short_text,),
    "symbol_select": (_short_text, _anything),
    "market_book_add": (_short_text,),
    "market_book_get": (_short_text,),
    "market_book_release": (_short_text,),
    "copy_ticks_from": (_short_text, _moment, _long, _long),
    "copy_ticks_range": (_short_text, _moment, _moment, _long),
    "copy_rates_from": (_short_text, _long, _moment, _long),
    "copy_rates_from_pos": (_short_text, _long, _long, _long),
    "copy_rates_range": (_short_text, _long, _moment, _moment),
    "history_orders_total": (_moment, _moment),
    "history_deals_total": (_moment, _moment),
    "order_calc_margin": (_side, _short_text, _real, _real),
    "order_calc_profit": (_side, _short_text, _real, _real, _real),
}
_SESSION: dict[str, tuple[tuple[str, ...], dict[str, _Kind]]] = {
    "initialize": (
        ("path",),
        {
            "login": _UNSIGNED_64,
            "server": _credential,
            "password": _credential,
            "timeout": _UNSIGNED_32,
            "path": _text_up_to(_LONGEST_PATH),
        },
    ),
    "login": (
        ("login", "password", "server"),
        {"login": _UNSIGNED_64, "server": _credential, "password": _credential, "timeout": _UNSIGNED_32},
    ),
    "symbols_get": (("group",), {"group": _text}),
}
"""Names of unnamed arguments; named ones in the order in which they are looked at."""
_FILTERS: dict[str, _Kind] = {"ticket": _UNSIGNED_64, "symbol": _short_text, "group": _text}
"""The first that is there counts; the others are not looked at."""
_HISTORY_FILTERS: dict[str, _Kind] = {"ticket": _UNSIGNED_64, "position": _UNSIGNED_64}
_FALSE = {"initialize", "login", "symbol_select", "symbols_get"}
"""Functions that refuse by False."""


def check(function: str, args: tuple[Any, ...], named: Mapping[str, Any]) -> Problem | None:
    """What the vendor's function of this name would find wrong with its arguments; None where it asks its terminal."""
    try:
        if function in _NO_ARGUMENTS or function in _POSITIONAL:
            _unnamed_alone(function, args, named)
        elif function in _SESSION:
            _session(function, args, named)
        elif function in {"positions_get", "orders_get"}:
            _require(not args, "Unnamed arguments not allowed")
            _first_named(_FILTERS, named)
        elif function in {"history_orders_get", "history_deals_get"}:
            _history(args, named)
        else:
            request(args, named)
    except _RefusedError as refusal:
        cause = refusal.__cause__
        returns = False if function in _FALSE else None
        if cause is None or isinstance(cause, _UnfitError):
            return Problem(refusal.error, returns)
        raised = SystemError(f"<built-in function {function}> returned a result with an exception set")
        raised.__cause__ = cause
        return Problem(refusal.error, returns, raised)
    except TypeError as error:
        return Problem(None, raises=error)
    return None


def request(args: tuple[Any, ...], named: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a request: one mapping, or the fields as named arguments."""
    if named:
        _require(not args, "Unnamed arguments not allowed")
        fields = named
    else:
        _require(len(args) == 1, "Invalid number of arguments")
        _require(isinstance(args[0], dict), "Invalid arguments")
        fields = args[0]
    for name, kind in _REQUEST.items():
        if name in fields:
            _fit(kind, fields[name], f'Invalid "{name}" argument')
    return fields


class _RefusedError(Exception):
    def __init__(self, text: str | None) -> None:
        self.error = None if text is None else (RES_E_INVALID_PARAMS, text)


def _require(condition: bool, text: str) -> None:  # noqa: FBT001 - reads as `assert`
    if not condition:
        raise _RefusedError(text)


def _fit(kind: _Kind, value: Any, text: str | None) -> None:
    try:
        kind(value)
    except (_UnfitError, TypeError, OverflowError) as error:
        raise _RefusedError(text) from error


def _unnamed_alone(function: str, args: tuple[Any, ...], named: Mapping[str, Any]) -> None:
    in_full = f"MetaTrader5._core.{function}" if function in _NO_ARGUMENTS else function
    if named:
        raise TypeError(f"{in_full}() takes no keyword arguments")
    if function in _NO_ARGUMENTS:
        if args:
            raise TypeError(f"{in_full}() takes no arguments ({len(args)} given)")
        return
    kinds = _POSITIONAL[function]
    fewest = 1 if function == "symbol_select" else len(kinds)
    _require(fewest <= len(args) <= len(kinds), "Invalid arguments")
    pairs = list(zip(kinds, args, strict=False))
    # C converts its numbers first; then the function looks at symbols and dates.
    for is_number in (True, False):
        for kind, value in pairs:
            if (kind in {_long, _side, _real}) == is_number:
                _fit(kind, value, "Invalid arguments")
    _dates(value for kind, value in pairs if kind is _moment)


def _dates(moments: Any) -> None:
    """A whole number of seconds after January 2038 is a late failure: the call goes on, and raises at its end."""
    for moment in moments:
        if isinstance(moment, int):
            _fit(_long, moment, None)


def _session(function: str, args: tuple[Any, ...], named: Mapping[str, Any]) -> None:
    names, kinds = _SESSION[function]
    _require(len(args) <= len(names), "Invalid number of arguments")
    for number, name, value in zip(("1st", "2nd", "3rd"), names, args, strict=False):
        _fit(kinds[name], value, f"Invalid {number} unnamed argument")
    for name, kind in kinds.items():
        if name in named:
            _fit(kind, named[name], f'Invalid "{name}" argument')
    given = {**dict(zip(names, args, strict=False)), **named}
    _require(function != "login" or bool(given.get("login")), 'Invalid "login" argument')


def _first_named(kinds: Mapping[str, _Kind], named: Mapping[str, Any]) -> None:
    for name, kind in kinds.items():
        if name in named:
            _fit(kind, named[name], f'Invalid "{name}" argument')
            return


def _history(args: tuple[Any, ...], named: Mapping[str, Any]) -> None:
    """Two dates, and then nothing but the group counts; else a ticket or a position."""
    if len(args) == 2:
        for moment in args:
            _fit(_moment, moment, "Invalid arguments")
        _first_named({"group": _text}, named)
        _dates(args)
    else:
        _require(not named.keys().isdisjoint(_HISTORY_FILTERS), "Invalid arguments")
        _require(not args, "Unnamed arguments not allowed")
        _first_named(_HISTORY_FILTERS, named)
