"""The broker's midnight: each night is paid once, by those who held it, whatever is killed around it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.broker import Execution, SimulatedBroker
from mt5_bridge.simulated.server import Server
from mt5_bridge.trading.words import Quote
from ticklake_assets_tests.mt5_bridge.simulated.brokers import AT_ONCE, LOGIN, asked, eurusd, make_broker

MIDNIGHT_US = 1_705_528_800_000_000
"""Wednesday 2024-01-17, 22:00 UTC: the broker's clock shows midnight, and three nights are paid."""
NIGHT = Decimal("-6.00")
"""Of 0.1 lots, 20 points a lot and night, three nights."""


def _broker(**execution: object) -> SimulatedBroker:
    at = AT_ONCE.model_copy(update={"fills_at": "standing", **execution})
    return make_broker(eurusd(swap_long=Decimal(-20)), execution=Execution.model_validate(at.model_dump()))


def _quotes(*rows: tuple[float, float]) -> list[Quote]:
    """From (seconds after midnight, bid)."""
    return [
        Quote(MIDNIGHT_US + round(at * 1e6), seq, bid, round(bid + 2e-5, 5))
        for seq, (at, bid) in enumerate(rows, 1)
    ]


def test_a_kill_between_swap_and_stop_loses_neither(tmp_path: Path) -> None:
    """The first quote of the day reaches the stop; the price is back with the next one."""
    recordings = {"EURUSD": _quotes((-60, 1.1), (1, 1.095), (2, 1.1))}
    path = tmp_path / "broker.jsonl"
    server = Server(_broker(), recordings, path)
    server.step()
    server.send(LOGIN, asked("buy", sl=1.0990))
    while server.step():
        pass
    expected = list(server.accounts[LOGIN].ledger.deals)
    server.close()
    assert (expected[-1].reason, expected[-1].price, expected[-1].swap) == (mt5.DEAL_REASON_SL, 1.095, NIGHT)
    lines = path.read_bytes().splitlines(keepends=True)
    opened = next(n for n, line in enumerate(lines, 1) if b'"row":"position"' in line)
    for count in range(opened, len(lines) + 1):
        killed = tmp_path / f"{count}.jsonl"
        killed.write_bytes(b"".join(lines[:count]))
        server = Server(_broker(), recordings, killed)
        while server.step():
            pass
        assert server.accounts[LOGIN].ledger.deals == expected
        server.close()


def test_a_night_that_ends_while_an_order_is_under_way_is_paid(tmp_path: Path) -> None:
    """Sent a tenth of a second before midnight, arrived after it, with no quote in between."""
    recordings = {"EURUSD": _quotes((-60, 1.1), (-0.1, 1.1), (60, 1.1))}
    for is_killed in (False, True):
        path = tmp_path / f"{is_killed}.jsonl"
        server = Server(_broker(entry_latency_ms=200), recordings, path)
        server.step()
        first = server.send(LOGIN, asked("buy")).order
        server.step()
        second = server.send(LOGIN, asked("buy")).order
        assert server.market.now_us > MIDNIGHT_US
        if is_killed:
            server.close()
            server = Server(_broker(entry_latency_ms=200), recordings, path)
        while server.step():
            pass
        positions = server.accounts[LOGIN].ledger.positions
        assert (positions[first].swap, positions[second].swap) == (NIGHT, Decimal(0)), is_killed
        server.close()
