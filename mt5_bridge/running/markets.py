"""The terminal that a configuration names: the vendor's, one elsewhere, or a simulated one over recorded ticks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from mt5_bridge.clock import SystemClock
from mt5_bridge.config import BridgeConfig
from mt5_bridge.errors import SetupError, TerminalError
from mt5_bridge.running.opening import Market
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.terminal.package import Mt5, load_mt5
from mt5_bridge.terminal.remote import remote


@contextmanager
def open_market(config: BridgeConfig) -> Iterator[Market]:
    """SetupError or TerminalError where there is none to be had."""
    if config.simulated is not None:
        raise SetupError(
            "[simulated]: Expected a terminal, was a simulated one, which this version does not have"
        )
    address = config.terminal.remote
    mt5 = load_mt5() if address is None else elsewhere(address)
    yield Market(cast("RunningMt5", mt5), SystemClock())


def elsewhere(address: str, connect: Callable[[str, int], Any] | None = None) -> Mt5:
    """The terminal behind HOST:PORT, reached anew after each loss."""
    host, _, port = address.rpartition(":")
    line = _Line(connect or _rpyc(), host, int(port))
    try:
        return remote(line.ask)
    except Exception as error:  # whatever RPyC, a socket or the other end raises
        raise TerminalError(
            f"{address} does not answer ({error!r}). Expected `python -m mt5_bridge.terminal.remote` behind it"
        ) from error


class _Line:
    def __init__(self, connect: Callable[[str, int], Any], host: str, port: int) -> None:
        self._connect = connect
        self._address = host, port
        self._link: Any = None

    def ask(self, function: str, arguments: str) -> str:
        """A call that fails is not made again: it may have arrived. The next one gets a new connection."""
        try:
            self._link = self._link or self._connect(*self._address)
            answer: str = self._link.root.ask(function, arguments)
        except BaseException:
            self._link = None
            raise
        return answer


def _rpyc() -> Callable[[str, int], Any]:
    try:
        from rpyc import connect
    except ModuleNotFoundError as error:
        raise SetupError(
            "terminal.remote: Expected the library rpyc, was absent: pip install 'ticklake[bridge-remote]'"
        ) from error
    return lambda host, port: connect(host, port, config={"sync_request_timeout": 75.0})
