"""Recorded days through the endpoint, the bridge, its rules and an account, as live: only time is warped.

    ran = run_backtest(config, broker, "EURUSD", {day: ticks}, client, folder)

The bridge is the running one, its terminal a simulated broker that replays the ticks. Orders arrive when their signals
say, as in the test, and fill at the first quote from then on.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from mt5_bridge.attribution.documents import BridgeDay
from mt5_bridge.attribution.heard import HeardDay
from mt5_bridge.attribution.record import Account, quotes_seen, record_day
from mt5_bridge.config import AccountConfig, BridgeConfig
from mt5_bridge.replay.replay import loop_factory
from mt5_bridge.running.events import Answered, Event, EventStream
from mt5_bridge.running.feed import Sized, Sizes
from mt5_bridge.running.markets import Lateness
from mt5_bridge.running.opening import JOURNAL, open_bridge
from mt5_bridge.running.parts import Market
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.simulated.broker import SimulatedBroker
from mt5_bridge.simulated.market import quotes_of
from mt5_bridge.simulated.module import SimulatedMt5
from mt5_bridge.simulated.server import Server
from mt5_bridge.terminal.records import Deal, read
from mt5_bridge.trading.modes import Asked, Mode
from mt5_bridge.trading.words import Entry
from mt5_bridge.wire.client import EndpointClient
from mt5_bridge.wire.contract import Tick

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
    if (folder / JOURNAL).exists():
        shutil.rmtree(folder)  # of a backtest before
    plan = _plan(config, symbol, folder)
    heard = {day: HeardDay() for day in ticks}
    events = EventStream()

    def hear(event: Event) -> None:
        if isinstance(event, Answered) and event.tick.ts_us is not None:
            heard.setdefault(_day(event.tick.ts_us), HeardDay()).add(event.tick, event.answer)
            advance(sum(each.ticks for each in heard.values()))

    events.subscribe(hear)
    together = [tick for day in sorted(ticks) for tick in ticks[day]]
    with (
        _market(plan, broker, symbol, together, sizes) as market,
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


@contextmanager
def _market(
    plan: BridgeConfig,
    broker: SimulatedBroker,
    symbol: str,
    ticks: Sequence[Tick],
    sizes: Mapping[Sized, Sizes] | None,
) -> Iterator[Market]:
    lateness = Lateness({plan.broker_name(symbol): symbol})
    recordings = {symbol: quotes_of(ticks)}
    with closing(Server(broker, recordings, plan.folder / "broker.jsonl", latency=lateness.of)) as server:
        mt5 = SimulatedMt5(server)
        known = {symbol: sizes or {}}
        yield Market(
            cast("RunningMt5", mt5), mt5.clock, lambda: mt5.clock.is_over, known, server, lateness.hear
        )


def _account(market: Market, account: Any) -> Account:
    info: Any = market.mt5.account_info()
    since, until = 0, market.clock.now_us() // 1_000_000 + 7 * 86_400
    deals = [read(Deal, each) for each in market.mt5.history_deals_get(since, until) or ()]
    return Account("backtest", f"{account.login} at {account.server}", info.currency, deals)


def _day(ts_us: int) -> date:
    return (_EPOCH + timedelta(microseconds=ts_us)).date()
