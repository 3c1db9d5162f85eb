"""The terminal that a configuration names: the vendor's, or a simulated one over recorded ticks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from mt5_bridge.clock import SystemClock
from mt5_bridge.config import BridgeConfig
from mt5_bridge.errors import SetupError
from mt5_bridge.running.opening import Market
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.terminal.package import load_mt5


@contextmanager
def open_market(config: BridgeConfig) -> Iterator[Market]:
    if config.simulated is not None:
        raise SetupError(
            "[simulated]: Expected a terminal, was a simulated one, which this version does not have"
        )
    yield Market(cast("RunningMt5", load_mt5()), SystemClock())
