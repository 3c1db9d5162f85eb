"""A market of recorded ticks at a simulated broker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import cast

from mt5_bridge.config import BridgeConfig
from mt5_bridge.running.events import Answered, Event, Listener
from mt5_bridge.running.feed import Sized, Sizes
from mt5_bridge.running.parts import Market
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.simulated.broker import SimulatedBroker
from mt5_bridge.simulated.lateness import Lateness
from mt5_bridge.simulated.market import quotes_of
from mt5_bridge.wire.contract import Tick

_LOG = "broker.jsonl"
"""The broker's own, in the bridge's folder; it outlives the process."""


@contextmanager
def recorded_market(
    config: BridgeConfig,
    broker: SimulatedBroker,
    ticks: Mapping[str, Sequence[Tick]],
    sizes: Mapping[str, Mapping[Sized, Sizes]],
) -> Iterator[Market]:
    """`ticks` and their `sizes` by the symbols' recorded names."""
    # Here, as it needs numpy, which the bridge does without.
    from mt5_bridge.simulated.module import SimulatedMt5
    from mt5_bridge.simulated.server import Server

    lateness = Lateness()
    recordings = {symbol: quotes_of(each) for symbol, each in ticks.items()}
    with closing(Server(broker, recordings, config.folder / _LOG, latency=lateness.of)) as server:
        mt5 = SimulatedMt5(server)
        clock, hear = mt5.clock, _heard(lateness, config)
        yield Market(cast("RunningMt5", mt5), clock, lambda: clock.is_over, sizes, server, hear)


def _heard(lateness: Lateness, config: BridgeConfig) -> Listener:
    def hear(event: Event) -> None:
        if isinstance(event, Answered) and event.answer.signal is not None:
            lateness.hear(config.broker_name(event.symbol), event.answer.signal.earliest_entry_us)

    return hear
