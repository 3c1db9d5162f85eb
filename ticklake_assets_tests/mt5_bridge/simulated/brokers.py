"""Builders of simulated brokers, their quotes and requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.broker import AccountSetup, Execution, SimulatedBroker
from mt5_bridge.simulated.module import SimulatedMt5
from mt5_bridge.simulated.request import Request
from mt5_bridge.simulated.server import Server
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.trading.words import Quote

START_US = 1_705_482_000_000_000
"""Wednesday 2024-01-17, 09:00 UTC; the broker's clock shows 11:00."""
LOGIN = 1_000_001
AT_ONCE = Execution(entry_latency_ms=0)


def eurusd(**changes: Any) -> Specification:
    fields = {
        "name": "EURUSD.m",
        "recorded_as": "EURUSD",
        "currency_base": "EUR",
        "currency_profit": "USD",
    }
    return Specification.model_validate(fields | changes)


def make_broker(*symbols: Specification, **changes: Any) -> SimulatedBroker:
    """EURUSD.m on a hedging account of 10,000 USD; orders arrive at once."""
    fields: dict[str, Any] = {"symbols": symbols or (eurusd(),), "execution": AT_ONCE}
    return SimulatedBroker(**(fields | changes))


def account(**changes: Any) -> AccountSetup:
    return AccountSetup(**({"login": LOGIN} | changes))


def quotes(*rows: tuple[float, float, float]) -> list[Quote]:
    """From (seconds, bid, ask)."""
    return [
        Quote(START_US + round(seconds * 1e6), seq, bid, ask)
        for seq, (seconds, bid, ask) in enumerate(rows, start=1)
    ]


def flat(count: int, bid: float = 1.1, ask: float = 1.10002) -> list[Quote]:
    """A quote a second."""
    return quotes(*((second, bid, ask) for second in range(count)))


def serve(rows: list[Quote], broker: SimulatedBroker | None = None, path: Path | None = None) -> Server:
    """A server whose first quote has happened."""
    server = Server(broker or make_broker(), {"EURUSD": rows}, path)
    if path is None:
        server.step()
    return server


def module(rows: list[Quote], broker: SimulatedBroker | None = None) -> SimulatedMt5:
    """A terminal that is initialized."""
    found = SimulatedMt5(serve(rows, broker))
    assert found.initialize()
    return found


def market_order(side: str, volume: float = 0.1, **fields: Any) -> dict[str, Any]:
    return {
        "action": mt5.TRADE_ACTION_DEAL,
        "symbol": "EURUSD.m",
        "type": mt5.ORDER_TYPE_BUY if side == "buy" else mt5.ORDER_TYPE_SELL,
        "volume": volume,
        "type_filling": mt5.ORDER_FILLING_IOC,
        **fields,
    }


def asked(side: str, volume: float = 0.1, **fields: Any) -> Request:
    return Request.of(market_order(side, volume, **fields))
