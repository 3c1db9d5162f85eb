"""The terminal that a configuration names: the vendor's, one elsewhere, or a simulated one over recorded ticks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from mt5_bridge.clock import SystemClock
from mt5_bridge.config import BridgeConfig, SimulatedConfig
from mt5_bridge.errors import SetupError, TerminalError
from mt5_bridge.running.feed import recorded_sizes
from mt5_bridge.running.parts import Market
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.terminal.package import Mt5, load_mt5
from mt5_bridge.terminal.remote import TIMEOUT_S, remote
from mt5_bridge.ticks.csv_feed import read_ticks


@contextmanager
def open_market(config: BridgeConfig) -> Iterator[Market]:
    """SetupError or TerminalError where there is none to be had."""
    if config.simulated is not None:
        with _simulated(config, config.simulated) as market:
            yield market
        return
    address, token_file = config.terminal.remote, config.terminal.remote_token_file
    if address is None or token_file is None:
        yield Market(cast("RunningMt5", load_mt5()), SystemClock())
        return
    with elsewhere(address, _read(token_file)) as mt5:
        yield Market(cast("RunningMt5", mt5), SystemClock())


@contextmanager
def _simulated(config: BridgeConfig, simulated: SimulatedConfig) -> Iterator[Market]:
    """A broker over recorded ticks, whose own log lies in the bridge's folder and outlives it."""
    from mt5_bridge.running.recorded import recorded_market
    from mt5_bridge.simulated.broker import SimulatedBroker

    broker = SimulatedBroker.read(simulated.broker)
    names = {each.recorded_as or each.name for each in broker.symbols}
    ticks = {
        symbol: [tick for file in files for tick in read_ticks(file)]
        for symbol, files in simulated.ticks.items()
    }
    if strange := sorted(set(ticks) - names):
        raise SetupError(
            f"simulated.ticks: Expected symbols of {simulated.broker}, {sorted(names)}, was {strange[0]}"
        )
    sizes = {symbol: recorded_sizes(each) for symbol, each in ticks.items()}
    with recorded_market(config, broker, ticks, sizes) as market:
        yield market


@contextmanager
def elsewhere(address: str, token: str, connect: Callable[[str, int], Any] | None = None) -> Iterator[Mt5]:
    """The terminal behind HOST:PORT, reached anew after each loss."""
    host, _, port = address.rpartition(":")
    line = _Line(connect or _rpyc(), host, int(port), token)
    try:
        mt5 = remote(line.ask)
    except Exception as error:  # whatever RPyC, a socket or the other end raises
        raise TerminalError(
            f"{address} does not answer ({error!r}). Expected `python -m mt5_bridge.terminal.remote` behind it"
        ) from error
    with closing(line):
        yield mt5


class _Line:
    def __init__(self, connect: Callable[[str, int], Any], host: str, port: int, token: str) -> None:
        self._connect = connect
        self._address = host, port
        self._token = token
        self._link: Any = None

    def ask(self, function: str, arguments: str) -> str:
        """A call that fails is not made again: it may have arrived. The next one gets a new connection."""
        try:
            self._link = self._link or self._connect(*self._address)
            answer: str = self._link.root.ask(self._token, function, arguments)
        except BaseException:
            self.close()
            raise
        return answer

    def close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            with suppress(Exception):  # whatever a broken one raises
                link.close()


def _read(token_file: Path) -> str:
    try:
        return token_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(
            f"terminal.remote_token_file {token_file}: Expected the token of the terminal's machine, was {error}"
        ) from error


def _rpyc() -> Callable[[str, int], Any]:
    try:
        from rpyc import connect
    except ModuleNotFoundError as error:
        raise SetupError(
            "terminal.remote: Expected the library rpyc, was absent: pip install 'ticklake[bridge-remote]'"
        ) from error
    return lambda host, port: connect(host, port, config={"sync_request_timeout": TIMEOUT_S})
