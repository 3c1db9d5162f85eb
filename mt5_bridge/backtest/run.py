"""Recorded days through the endpoint, the bridge, its rules and an account, as live: only time is warped.

    ran = run_backtest(config, broker, "EURUSD", {day: ticks}, client, folder)

The bridge is the running one, its terminal a simulated broker that replays the ticks. Orders arrive when their signals
say, as in the test, and fill at the first quote from then on.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from mt5_bridge.attribution.documents import BridgeDay
from mt5_bridge.attribution.heard import HeardDay
from mt5_bridge.attribution.record import Account, quotes_seen, record_day
from mt5_bridge.config import AccountConfig, BridgeConfig
from mt5_bridge.moments import date_of
from mt5_bridge.replay.replay import loop_factory
from mt5_bridge.running.events import Answered, Event, EventStream
from mt5_bridge.running.feed import Sized, Sizes
from mt5_bridge.running.opening import open_bridge
from mt5_bridge.running.parts import Market
from mt5_bridge.running.recorded import recorded_market
from mt5_bridge.simulated.broker import SimulatedBroker
from mt5_bridge.terminal.look import ALL_TIME_S, booked
from mt5_bridge.trading.journal import JOURNAL_FILE
from mt5_bridge.trading.modes import Asked, Mode
from mt5_bridge.trading.words import Entry
from mt5_bridge.wire.client import EndpointClient
from mt5_bridge.wire.contract import Tick

_DEMO = Asked(Mode.DEMO, False, None, None, None)


@dataclass(frozen=True)
class Ran:
    """A backtest's days, and what the account had of them."""

    heard: Mapping[date, HeardDay]
    records: Mapping[date, BridgeDay]
    entries: Sequence[Entry]
    currency: str
    stopped: str


def run_backtest(
    config: BridgeConfig,
    broker: SimulatedBroker,
    symbol: str,
    ticks: Mapping[date, Sequence[Tick]],
    client: EndpointClient,
    folder: Path,
    *,
    sizes: Mapping[Sized, Sizes] | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Ran:
    """Trade the days, in their order, on one account, which begins anew; its journal lies in `folder` afterwards.

    `sizes` are of quotes whose terminal tells none; `advance` hears how many ticks are answered.
    """
    if (folder / JOURNAL_FILE).exists():
        shutil.rmtree(folder)  # of a backtest before
    plan = _plan(config, symbol, folder)
    heard = {day: HeardDay() for day in ticks}
    events = EventStream()

    def hear(event: Event) -> None:
        if isinstance(event, Answered) and event.tick.ts_us is not None:
            heard.setdefault(date_of(event.tick.ts_us), HeardDay()).add(event.tick, event.answer)
            advance(sum(each.ticks for each in heard.values()))

    events.subscribe(hear)
    together = [tick for day in sorted(ticks) for tick in ticks[day]]
    with (
        recorded_market(plan, broker, {symbol: together}, {symbol: sizes or {}}) as market,
        open_bridge(plan, _DEMO, market, client, events) as bridge,
    ):
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(bridge.run())
        account = _account(market, bridge.account)
        entries = list(bridge.journal.entries.values())
    records = {
        day: record_day(
            entries,
            symbol,
            day,
            account,
            terminal=quotes_seen(ticks.get(day, ())),
            trades_shadow=plan.trade_shadow,
        )
        for day in heard
    }
    return Ran(heard, records, entries, account.currency or "", bridge.stopped or "")


def _plan(config: BridgeConfig, symbol: str, folder: Path) -> BridgeConfig:
    """The configuration of this one symbol, in an account that is nobody's."""
    changes = {
        "mode": Mode.DEMO,
        "folder": folder,
        "symbols": {symbol: config.symbols[symbol]},
        "account": AccountConfig(),
        "notify": False,
        "simulated": None,
    }
    return config.model_copy(update=changes)


def _account(market: Market, account: Any) -> Account:
    info, deals = booked(market.mt5, *ALL_TIME_S)
    return Account("backtest", f"{account.login} at {account.server}", info.currency, deals)
