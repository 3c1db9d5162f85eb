"""The parts of a running bridge, each made as the configuration has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.clock import Clock
from mt5_bridge.config import BridgeConfig
from mt5_bridge.moments import date_of
from mt5_bridge.paper.costs import trade_cost
from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.risk.desk import RiskDesk
from mt5_bridge.risk.facts import BalanceMoved, Fact, Reserved, fact_record, read_fact
from mt5_bridge.risk.limits import Limits
from mt5_bridge.risk.limits_file import read_limits
from mt5_bridge.running.desk import AccountRisk
from mt5_bridge.running.events import EventStream, Listener
from mt5_bridge.running.feed import Feed, Sized, Sizes
from mt5_bridge.running.link import Link
from mt5_bridge.running.symbol import SymbolRun
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.terminal.mt5 import Mt5Terminal, OrderSettings, TradedSymbol
from mt5_bridge.terminal.package import Mt5
from mt5_bridge.terminal.request import magic_of
from mt5_bridge.trading.bridge import Bridge
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.risk import Risk
from mt5_bridge.trading.words import Terminal, Witness
from mt5_bridge.wire.client import EndpointClient
from mt5_bridge.wire.contract import SymbolFacts


@dataclass(frozen=True)
class Market:
    """The terminal that a configuration names, and its time."""

    mt5: RunningMt5
    clock: Clock
    is_over: Callable[[], bool] | None = None
    """Of a recorded market alone."""
    sizes: Mapping[str, Mapping[Sized, Sizes]] = field(default_factory=dict)
    """By symbol, what a recorded market knows beside its terminal: models learnt from quotes with sizes."""
    witness: Witness | None = None
    """Of a simulated broker, its log, which is held against the journal."""
    listener: Listener | None = None
    """Of a simulated broker, by which it hears how late each order is to arrive."""


class Parts:
    """What the parts of one bridge share."""

    def __init__(
        self,
        config: BridgeConfig,
        folder: Path,
        market: Market,
        journal: Journal,
        facts: Mapping[str, SymbolFacts],
    ) -> None:
        self._config = config
        self._folder = folder
        self._market = market
        self._journal = journal
        self._facts = facts
        self.names = {symbol: config.broker_name(symbol) for symbol in config.symbols}

    def desk(self) -> AccountRisk:
        limits = Limits() if self._config.limits is None else read_limits(self._config.limits)
        facts = [read_fact(record) for record in self._journal.facts]
        known = [fact.ts_us for fact in facts[:1]] + [
            fact.ts_us for fact in facts if isinstance(fact, BalanceMoved)
        ]
        now_us = self._market.clock.now_us()
        desk = RiskDesk(limits, now_us, facts, self._record)
        pips = {symbol: facts.pip for symbol, facts in self._facts.items()}
        transferred_us = max(known, default=now_us)
        return AccountRisk(
            desk,
            self._market.mt5,
            self._market.clock,
            self._cost,
            pips,
            self.names,
            lambda position: position.magic in {magic_of(each) for each in desk.state.held},
            transferred_us,
        )

    def terminal(self, mt5: Mt5) -> Mt5Terminal:
        orders = self._config.orders
        settings = OrderSettings(
            deviation_points=orders.deviation_points,
            entry_window_us=round(orders.entry_window_seconds * 1e6),
            patience_s=orders.patience_seconds,
            break_even_at=orders.break_even_at,
            trail_points=orders.trail_points,
        )
        symbols = {symbol: TradedSymbol(name, self._cost(symbol)) for symbol, name in self.names.items()}
        clock, broker_clock = self._market.clock, self._config.terminal.clock
        return Mt5Terminal(mt5, clock, broker_clock, symbols, self._journal.request, settings)

    def paper_terminals(self, opened: ExitStack) -> dict[str, Terminal]:
        """One a symbol, as each has its own costs; their logs are held against the journal."""
        found: dict[str, PaperTerminal] = {}
        for symbol in self._config.symbols:
            path = self._folder / f"paper_{symbol}.jsonl"
            log = opened.enter_context(ChainedLog(path, {"paper": symbol}))
            found[symbol] = PaperTerminal(log, self._cost(symbol))
        self._journal.hold_against(_Witnesses(found.values()))
        return dict(found)

    def run(
        self, symbol: str, client: EndpointClient, terminal: Terminal, gate: Risk, events: EventStream
    ) -> SymbolRun:
        config, clock = self._config, self._market.clock
        window_us = round(config.orders.entry_window_seconds * 1e6)
        bridge = Bridge(
            symbol,
            self._journal,
            terminal,
            trade_shadow=config.trade_shadow,
            risk=gate,
            entry_window_us=window_us,
        )

        def open_feed(day: date) -> Feed:
            sizes = self._market.sizes.get(symbol)
            return Feed(self._market.mt5, self.names[symbol], config.terminal.clock, day, sizes)

        rolls = self._market.is_over is None
        link = Link(client, symbol, rolls=rolls, patience_seconds=config.endpoint.timeout_seconds)
        today = date_of(clock.now_us())
        trusted_us = round(config.freshness.signal_age_seconds * 1e6)
        return SymbolRun(symbol, open_feed, link, bridge, clock, events, today, trusted_us)

    def _cost(self, symbol: str) -> Any:
        return partial(trade_cost, self._facts[symbol])

    def _record(self, fact: Fact) -> None:
        self._journal.fact(fact_record(fact), durable=isinstance(fact, Reserved))


class _Witnesses:
    """The logs of several terminals as one."""

    def __init__(self, each: Iterable[Witness]) -> None:
        self._each = tuple(each)

    @property
    def head(self) -> str:
        return " ".join(each.head for each in self._each)

    def holds(self, head: str) -> bool:
        """Of a symbol that came into the configuration since there is no word in it."""
        return all(any(each.holds(one) for each in self._each) for one in head.split())

    def order_ids(self) -> list[str]:
        return [name for each in self._each for name in each.order_ids()]
