"""What the functions of the module share: the terminal, the last error, the symbols."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatchcase
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar, cast

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.arguments import check
from mt5_bridge.simulated.clock import MarketClock
from mt5_bridge.simulated.history import History
from mt5_bridge.simulated.link import Link
from mt5_bridge.simulated.server import Server

NO_CONNECTION = (mt5.RES_E_INTERNAL_FAIL_CONNECT, "No IPC connection")
SUCCESS = (mt5.RES_S_OK, "Success")
INVALID = (mt5.RES_E_INVALID_PARAMS, "Terminal: Invalid params")
NOT_FOUND = (mt5.RES_E_NOT_FOUND, "Terminal: Not found")

Moment = datetime | float
"""On the broker's clock: a datetime whose `timestamp` is taken, or seconds."""
_Function = TypeVar("_Function", bound=Callable[..., Any])


def takes(function: _Function) -> _Function:
    """A function that refuses arguments as the vendor's of its name does, whether or not a terminal runs.

    What it does not refuse and does not know, it does not look at.
    """
    parameters = signature(function).parameters
    takes_all = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters.values())

    @wraps(function)
    def take(self: Terminal, *args: Any, **named: Any) -> Any:
        problem = check(function.__name__, args, named)
        if problem is None:
            known = {name: value for name, value in named.items() if takes_all or name in parameters}
            return function(self, *args, **known)
        if problem.error is not None:
            self.error = problem.error
        elif isinstance(problem.raises, SystemError) and not self.link.is_open:
            self.error = NO_CONNECTION  # the call went on for a while
        return problem.answer()

    return cast(_Function, take)


def asks(without: Any = None, error: tuple[int, str] = NO_CONNECTION) -> Callable[[_Function], _Function]:
    """A function that needs a terminal: what it gives, and which error it leaves, where there is none."""

    def decorate(function: _Function) -> _Function:
        @wraps(function)
        def ask(self: Terminal, *args: Any, **named: Any) -> Any:
            self.clock.sync()
            if not self.link.is_open:
                self.error = error
                return without
            self.error = SUCCESS
            return function(self, *args, **named)

        return takes(cast(_Function, ask))

    return decorate


class Terminal:
    """What all functions of the module share."""

    def __init__(self, server: Server, pace: float | None = None) -> None:
        self.server = server
        self.clock = MarketClock(server, pace)
        self.link = Link(server)
        self.error: tuple[int, str] = (0, "")
        self.requests = 0
        """How many were sent."""
        self.watched = {symbol.name for symbol in server.broker.symbols if symbol.selected}
        """The Market Watch."""
        self.books: set[str] = set()
        """Symbols whose market book was asked for."""
        self._histories: dict[str, History] = {}

    def knows(self, symbol: str) -> bool:
        if symbol not in self.server.symbols:
            self.error = NOT_FOUND
        return symbol in self.server.symbols

    def watches(self, symbol: str) -> bool:
        if self.knows(symbol) and symbol not in self.watched:
            self.error = NOT_FOUND
        return symbol in self.watched

    def history(self, symbol: str) -> History:
        if symbol not in self._histories:
            quotes = self.server.market.quotes[symbol]
            self._histories[symbol] = History(self.server.symbols[symbol], quotes, self.server.wall)
        return self._histories[symbol]

    def tick(self, symbol: str) -> Any | None:
        return self.history(symbol).last(self.link.ticks_heard(symbol))


def seconds(moment: Moment) -> float:
    return moment.timestamp() if isinstance(moment, datetime) else float(moment)


def milliseconds(moment: Moment) -> float:
    return seconds(moment) * 1_000


def is_in(group: str, symbol: str) -> bool:
    """`*USD*,!EUR*`: masks in their order, a later one overrides an earlier one.

    >>> [is_in("*,!*JPY*", name) for name in ("EURUSD", "USDJPY.m")]
    [True, False]
    """
    is_in = False
    for mask in group.split(","):
        if fnmatchcase(symbol, mask.strip().removeprefix("!")):
            is_in = not mask.strip().startswith("!")
    return is_in
