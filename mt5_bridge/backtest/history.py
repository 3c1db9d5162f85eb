"""What is needed of a terminal for a backtest: its ticks of the days, and its broker as a simulated one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from mt5_bridge.backtest.broker import broker_of
from mt5_bridge.config import BridgeConfig
from mt5_bridge.errors import SetupError
from mt5_bridge.running.feed import Sized, Sizes
from mt5_bridge.running.markets import open_market
from mt5_bridge.running.opening import open_session
from mt5_bridge.running.parts import Market
from mt5_bridge.simulated.broker import SimulatedBroker
from mt5_bridge.ticks.csv_feed import read_day
from mt5_bridge.ticks.day_file import day_path
from mt5_bridge.ticks.recording import Recorder
from mt5_bridge.wire.contract import Tick


@dataclass(frozen=True)
class History:
    ticks: Mapping[date, Sequence[Tick]]
    """Of the days that have some."""
    broker: SimulatedBroker
    sizes: Mapping[Sized, Sizes]
    """Of quotes, which only a recorded market knows beside its terminal."""


def history_of(
    config: BridgeConfig, symbol: str, days: Sequence[date], out: Path, broker: Path | None
) -> History:
    """Record the days into `out/ticks`, and read what the terminal says of its broker unless a file says it.

    SetupError where a day failed or none has ticks; a day without ticks is left out.
    """
    if config.simulated is not None:  # its market is played to the end in a folder of its own
        config = config.model_copy(update={"folder": out / "terminal"})
    name, folder = config.broker_name(symbol), out / "ticks"
    with open_market(config) as market, closing(open_session(config, market)) as session:
        _play(market)
        session.connect()
        recorder = Recorder(market.mt5, name, symbol, config.terminal.clock, folder)
        recording = recorder.record(days, datetime.now(UTC))
        if failed := recording.of("failed"):
            raise SetupError(f"{failed[0].day}: {failed[0].error}; the same command asks for it again")
        made = _broker(config, market, symbol, broker)
        sizes = market.sizes.get(symbol, {})
    there = [each.day for each in recording.days if each.ticks]
    if not there:
        raise SetupError(f"Expected ticks of {name} from {days[0]} to {days[-1]}, was none at the terminal")
    ticks = {day: read_day(day_path(folder, symbol, day), day) for day in there}
    return History(ticks, made, sizes)


def _play(market: Market) -> None:
    """Let all of a recorded market happen: a terminal has the past alone."""
    while market.is_over is not None and not market.is_over():
        market.clock.sleep(1.0)


def _broker(config: BridgeConfig, market: Market, symbol: str, file: Path | None) -> SimulatedBroker:
    name = config.broker_name(symbol)
    if file is None and config.simulated is None:
        stated = config.symbols[symbol].commission_per_lot
        return broker_of(market.mt5, symbol, name, config.terminal.zone, stated)
    path = file or (config.simulated.broker if config.simulated else Path())
    broker = SimulatedBroker.read(path)
    own = [each for each in broker.symbols if each.name == name and (each.recorded_as or name) == symbol]
    if not own:
        raise SetupError(f"{path}: Expected a symbol {name} that is recorded as {symbol}, was none")
    return broker
