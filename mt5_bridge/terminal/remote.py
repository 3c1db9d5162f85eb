"""A terminal elsewhere: the vendor's functions over RPyC (extra `bridge-remote`), as JSON text.

    python -m mt5_bridge.terminal.remote 18812 terminal.token   # beside the terminal, on Windows
    ssh -L 18812:127.0.0.1:18812 windows                        # here, where the bridge runs

mt5linux, which is made for this, evaluates code strings at the other end (a date becomes `datetime.datetime(...)`, a
name that isn't there), brings arrays back as pickles, and lets whoever reaches its port run anything. Here a call is
the name of one of the listed functions and its arguments, and an answer is text; the port is the machine's own alone,
and who asks shows the token of the file, which is made where it is absent.

A call whose answer is lost gives None with the error -10005, as the vendor's package does: for `order_send` that is an
unknown outcome, like any other without an answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from hmac import compare_digest
from pathlib import Path
from secrets import token_urlsafe
from threading import Lock
from types import SimpleNamespace
from typing import Any, cast

from mt5_bridge.files import create_file
from mt5_bridge.terminal.package import Mt5, load_mt5

FUNCTIONS = frozenset(
    (
        *("initialize", "shutdown", "version", "last_error", "terminal_info", "account_info"),
        *(
            "symbols_get",
            "symbol_select",
            "symbol_info",
            "symbol_info_tick",
            "copy_rates_from_pos",
            "copy_ticks_from",
            "copy_ticks_range",
        ),
        *("positions_get", "orders_get", "history_orders_get", "history_deals_get"),
        *("order_calc_margin", "order_calc_profit", "order_check", "order_send"),
    )
)
"""What may be called."""
LOST = (-10005, "no answer from the terminal's machine")
TIMEOUT_S = 75.0
"""A terminal's own patience with its broker is a minute."""
_HERE = "127.0.0.1"

Ask = Callable[[str, str], str]
"""A function's name and its arguments as JSON; its answer as JSON."""


class Served:
    """The end beside the terminal; one call at a time, as the package is not made for more."""

    def __init__(self, mt5: Any, token: str) -> None:
        self._mt5 = mt5
        self._token = token.encode()
        self._lock = Lock()

    def ask(self, token: str, function: str, arguments: str) -> str:
        """Raises PermissionError for another token, ValueError for a function that is not listed."""
        if not compare_digest(str(token).encode(), self._token):
            raise PermissionError("Expected the token of the terminal's machine, was another")
        if function == "constants":
            names = (name for name in dir(self._mt5) if name.isupper())
            return json.dumps(
                {name: value for name in names if isinstance(value := getattr(self._mt5, name), int)}
            )
        if function not in FUNCTIONS:
            raise ValueError(f"Expected one of {sorted(FUNCTIONS)}, was {function}")
        if function == "initialize" and json.loads(arguments):
            raise ValueError(
                f"Expected initialize without arguments, as a path starts a program; was {arguments}"
            )
        with self._lock:
            value = _plain(getattr(self._mt5, function)(*json.loads(arguments)))
            return json.dumps({"value": value, "error": self._mt5.last_error()})


class _Remote:
    """The end here."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._error: tuple[int, str] = (0, "")
        vars(self).update(json.loads(ask("constants", "[]")))

    def last_error(self) -> tuple[int, str]:
        """Of the newest call."""
        return self._error

    def __getattr__(self, function: str) -> Any:
        if function not in FUNCTIONS:
            raise AttributeError(function)
        return lambda *arguments: self._call(function, arguments)

    def _call(self, function: str, arguments: tuple[Any, ...]) -> Any:
        text = json.dumps([_seconds(each) for each in arguments])
        try:
            answer = json.loads(self._ask(function, text))
        except Exception as broken:  # whatever RPyC, a socket or the other end raises: there is no answer
            self._error = (LOST[0], f"{LOST[1]}: {broken!r}")
            return None
        code, words = answer["error"]
        self._error = code, words
        return _record(answer["value"])


class _Column(list[Any]):
    def tolist(self) -> list[Any]:
        return self


def remote(ask: Ask) -> Mt5:
    """The vendor's module as `Mt5`, wherever `ask` leads."""
    return cast("Mt5", _Remote(ask))


def serve(mt5: Mt5, port: int, token: str) -> None:
    """Answer until the process ends; to this machine alone."""
    import rpyc
    from rpyc.utils.server import ThreadedServer

    class Service(rpyc.Service):  # type: ignore[misc] # RPyC has no types
        exposed_ask = staticmethod(Served(mt5, token).ask)

    ThreadedServer(Service, hostname=_HERE, port=port).start()


def _seconds(argument: Any) -> Any:
    """The package takes dates by their `timestamp()`, and seconds as they are."""
    return argument.timestamp() if isinstance(argument, datetime) else argument


def _plain(value: Any) -> Any:
    """Records become objects, arrays of ticks columns by name."""
    if hasattr(value, "_asdict"):
        return {"record": {name: _plain(each) for name, each in value._asdict().items()}}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    names = getattr(getattr(value, "dtype", None), "names", None)
    return {"columns": {name: value[name].tolist() for name in names}} if names else value


def _record(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_record(each) for each in value)
    if not isinstance(value, dict):
        return value
    if "record" in value:
        return SimpleNamespace(**{name: _record(each) for name, each in value["record"].items()})
    return _Columns(value["columns"])


class _Columns:
    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self._columns = {name: _Column(values) for name, values in columns.items()}

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def __getitem__(self, name: str) -> _Column:
        return self._columns[name]


def _token(path: Path) -> str:
    """Of the file, which is its owner's alone."""
    with suppress(FileExistsError):
        create_file(path, f"{token_urlsafe(32)}\n".encode(), private=True)
    return path.read_text(encoding="ascii").strip()


if __name__ == "__main__":
    serve(load_mt5(), int(sys.argv[1]), _token(Path(sys.argv[2])))
