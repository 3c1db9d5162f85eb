"""A whole day in mode demo on the simulated terminal: its trades are those of the order table, to the bit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mt5_bridge.config import BridgeConfig, read_config
from mt5_bridge.errors import AccountChanged, JournalError
from mt5_bridge.replay.replay import Replay, run_replay
from mt5_bridge.replay.session import Session
from mt5_bridge.running.events import Back, Event, EventStream, Lost
from mt5_bridge.running.markets import open_market
from mt5_bridge.running.opening import open_bridge, read_reconciliation
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Entry, Fate, OrderState
from mt5_bridge.wire.client import EndpointClient
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets.sources.synthetic import Market, synthetic_day
from ticklake_assets_tests.mt5_bridge.running.days import DEMO
from ticklake_assets_tests.serving.recorded_day import DAY
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint

_HOUR_US = 3_600_000_000
_BROKER = """
[[symbols]]
name = "SYNEUR.x"
recorded_as = "SYNEUR"
currency_base = "EUR"
currency_profit = "USD"
"""
_BRIDGE = """
mode = "demo"
folder = "account"
limits = "limits.toml"
[endpoint]
token_file = "token"
[symbols.SYNEUR]
broker_name = "SYNEUR.x"
[simulated]
broker = "broker.toml"
ticks.SYNEUR = ["{csv}"]
"""
_ANY_HOUR = """
weekend = "unlimited"
rollover = "unlimited"
[streak]
losses = "unlimited"
[day]
loss_percent = "unlimited"
trades = "unlimited"
[drawdown]
percent = "unlimited"
"""


@dataclass(frozen=True)
class Recorded:
    csv: Path
    config: BridgeConfig


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    csv = publish_day(tmp_path / "landing", DAY, synthetic_day(DAY, 3, 1.0, Market(ticks_a_day=300))).path
    (tmp_path / "broker.toml").write_text(_BROKER)
    (tmp_path / "limits.toml").write_text(_ANY_HOUR)
    (tmp_path / "bridge.toml").write_text(_BRIDGE.format(csv=csv.as_posix()))
    return Recorded(csv, read_config(tmp_path / "bridge.toml"))


def _trade(
    recorded: Recorded, client: EndpointClient, listener: Callable[[Event], None] = lambda _: None
) -> dict[str, Entry]:
    events = EventStream()
    events.subscribe(listener)
    with (
        open_market(recorded.config) as market,
        open_bridge(recorded.config, DEMO, market, client, events) as bridge,
    ):
        asyncio.run(bridge.run())
        assert bridge.reconciliation is not None
        assert bridge.reconciliation.is_clean
        return dict(bridge.journal.entries)


def _with(recorded: Recorded, faults: str) -> Recorded:
    assert recorded.config.simulated is not None
    recorded.config.simulated.broker.write_text(_BROKER + faults)
    return recorded


def _window(outage: str) -> str:
    """From 10 to 11 in the morning."""
    start_us = DAY.start_us + 10 * _HOUR_US
    return f'[[faults.windows]]\noutage = "{outage}"\nstart_us = {start_us}\nend_us = {start_us + _HOUR_US}\n'


def _plain(entries: dict[str, Entry]) -> dict[str, object]:
    """Without the numbers of quotes, which no broker tells."""
    return {
        name: (
            [fill and (fill.ts_us, fill.price) for fill in (entry.position.entry, entry.position.exit)],
            entry.position.outcome,
            entry.position.net,
        )
        for name, entry in entries.items()
        if entry.position is not None
    }


def test_a_whole_day_is_the_order_tables(
    recorded: Recorded, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    traded = _trade(recorded, endpoint.client)
    run_replay(
        Replay(recorded.csv, "SYNEUR", DAY.trading_day, tmp_path / "replay"), endpoint.client, lambda *_: None
    )
    bundle = endpoint.client.bundle_in_service("SYNEUR")
    with Session.of("SYNEUR", DAY.trading_day, recorded.csv, bundle).journal_log(tmp_path / "replay") as log:
        replayed = Journal(log).entries
    assert _plain(traded) == _plain(replayed)
    assert len(_plain(replayed)) > 10
    assert {name: entry.fate for name, entry in traded.items()} == {
        name: entry.fate for name, entry in replayed.items()
    }
    with open_market(recorded.config) as market:
        found = read_reconciliation(recorded.config, market)
    assert (found.differences, found.unresolved) == ((), ())


def test_a_terminal_that_is_updated_for_an_hour_comes_back(
    recorded: Recorded, endpoint: RunningEndpoint
) -> None:
    seen: list[Event] = []
    traded = _trade(_with(recorded, _window("restarted")), endpoint.client, seen.append)
    (lost,), (back,) = ([event for event in seen if isinstance(event, kind)] for kind in (Lost, Back))
    assert lost.ts_us - DAY.start_us >= 10 * _HOUR_US
    assert back.ts_us - DAY.start_us >= 11 * _HOUR_US
    entered = [entry.position.entry.ts_us for entry in traded.values() if entry.position is not None]
    assert not [ts_us for ts_us in entered if lost.ts_us < ts_us < back.ts_us]
    assert min(entered) < lost.ts_us < back.ts_us < max(entered)
    assert all(entry.fate not in {OrderState.OPEN, OrderState.ACCEPTED} for entry in traded.values())


def test_a_terminal_that_somebody_logs_in_elsewhere_ends_the_run_and_the_next_one_goes_on(
    recorded: Recorded, endpoint: RunningEndpoint
) -> None:
    stranger = "[[accounts]]\nlogin = 1000001\n[[accounts]]\nlogin = 1000002\n"
    _with(recorded, stranger + _window("switched"))
    with pytest.raises(
        AccountChanged, match=r"Expected the demo account 1000001 .* was the demo account 1000002"
    ):
        _trade(recorded, endpoint.client)
    with pytest.raises(JournalError, match="Expected the file of"):
        _trade(recorded, endpoint.client)
    _with(recorded, stranger)
    traded = _trade(recorded, endpoint.client)
    assert all(entry.fate not in {OrderState.OPEN, OrderState.ACCEPTED} for entry in traded.values())
    assert len(_plain(traded)) > 10


def test_orders_without_an_answer_are_asked_after_and_never_doubled(
    recorded: Recorded, endpoint: RunningEndpoint
) -> None:
    faults = "[faults]\nseed = 5\nrequests = {unanswered = 0.3, timeout = 0.1, lost = 0.1, requote = 0.1}\n"
    traded = _trade(_with(recorded, faults), endpoint.client)
    assert {entry.fate for entry in traded.values()} >= {OrderState.CLOSED, Fate.NEVER_ARRIVED}
    assert Fate.UNKNOWN not in {entry.fate for entry in traded.values()}
    tickets = [entry.position.ticket for entry in traded.values() if entry.position is not None]
    assert len(set(tickets)) == len(tickets) > 10
