"""A running bridge as its configuration has it: everything is checked here, before the first tick."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.clock import Clock
from mt5_bridge.config import BridgeConfig
from mt5_bridge.errors import ModeRefused, SetupError
from mt5_bridge.paper.costs import trade_cost
from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.risk.desk import RiskDesk
from mt5_bridge.risk.facts import Fact, Reserved, fact_record, read_fact
from mt5_bridge.risk.limits import Limits
from mt5_bridge.risk.limits_file import read_limits
from mt5_bridge.running.desk import AccountRisk
from mt5_bridge.running.events import EventStream
from mt5_bridge.running.feed import Feed
from mt5_bridge.running.gate import Gate
from mt5_bridge.running.link import Link
from mt5_bridge.running.loop import RunningBridge, look
from mt5_bridge.running.reconciliation import Reconciliation
from mt5_bridge.running.session import TerminalSession
from mt5_bridge.running.symbol import SymbolRun
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.terminal.dry_run import dry_run
from mt5_bridge.terminal.mt5 import Mt5Terminal, OrderSettings, TradedSymbol
from mt5_bridge.terminal.package import Mt5
from mt5_bridge.terminal.request import magic_of
from mt5_bridge.trading.account_costs import charged, misfits
from mt5_bridge.trading.bridge import Bridge
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.modes import Account, Asked, Mode, assert_champion_trades, assert_mode_fits
from mt5_bridge.trading.risk import OneLot, Risk
from mt5_bridge.trading.words import Terminal
from mt5_bridge.wire.client import EndpointClient
from mt5_bridge.wire.contract import SymbolFacts

JOURNAL = "journal.jsonl"
DRY_RUN = "dry-run"
"""Folder, in the bridge's own, of what a dry run would have done."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DEALS_DAYS = 90
"""Days of the account's history in which its commission is looked for."""
_SETTLING_S = 86_400
"""Beyond now, as the broker's clock may be ahead."""


@dataclass(frozen=True)
class Market:
    """The terminal that a configuration names, and its time."""

    mt5: RunningMt5
    clock: Clock
    is_over: Callable[[], bool] | None = None
    """Of a recorded market alone."""


@contextmanager
def open_bridge(
    config: BridgeConfig,
    asked: Asked,
    market: Market,
    client: EndpointClient,
    events: EventStream,
    show: Callable[[dict[str, Any]], None] | None = None,
) -> Iterator[RunningBridge]:
    """Check mode, account, models and costs, take up the journal, and reconcile; nothing is sent yet.

    With `show` it is a dry run: each request is given to it and not sent, and the journal is another one.
    """
    with ExitStack() as opened:
        session = open_session(config, market)
        opened.callback(session.close)
        account = session.connect()
        assert_mode_fits(asked, account)
        facts = {symbol: client.symbol_facts(symbol) for symbol in config.symbols}
        if asked.mode is Mode.LIVE:
            if config.trade_shadow:
                raise ModeRefused("Mode live: Expected no trade_shadow in the configuration, was true")
            assert_live_fits(config, session, client, facts)
        journal = Journal(opened.enter_context(_journal_log(folder_of(config, show), asked.mode, account)))
        parts = _Parts(config, asked.mode, market, session, journal, facts)
        desk = None if asked.mode is Mode.PAPER else parts.desk()
        gate = Gate(desk or OneLot(), config.freshness, market.clock, session.standing, events)
        if asked.mode is Mode.PAPER:
            terminals: Mapping[str, Terminal] = parts.paper_terminals(opened)
        else:
            mt5 = market.mt5 if show is None else dry_run(market.mt5, show)
            terminals = dict.fromkeys(config.symbols, parts.terminal(mt5))
        runs = [
            _symbol_run(parts, client, symbol, terminals[symbol], gate, events) for symbol in config.symbols
        ]
        bridge = RunningBridge(
            mode=asked.mode,
            account=account,
            folder=config.folder,
            session=session,
            client=client,
            journal=journal,
            gate=gate,
            desk=desk,
            runs=runs,
            names=parts.names,
            clock=market.clock,
            events=events,
            poll_seconds=config.terminal.poll_seconds,
            watch_us=round(config.terminal.watch_seconds * 1e6),
            is_over=market.is_over,
        )
        if asked.mode is not Mode.PAPER:
            bridge.reconcile()
        yield bridge


def folder_of(config: BridgeConfig, show: object | None) -> Path:
    """Where journal and status lie: those of a dry run apart, so that nothing takes them for what happened."""
    return config.folder if show is None else config.folder / DRY_RUN


def read_reconciliation(config: BridgeConfig, market: Market) -> Reconciliation:
    """Hold the journal against the terminal, and change neither; SetupError without a journal."""
    if config.mode is Mode.PAPER:
        raise SetupError("Expected mode demo or live, was paper, whose positions no broker knows")
    path = config.folder / JOURNAL
    if not path.exists():
        raise SetupError(f"{path}: Expected the journal of a bridge that ran, was none")
    with closing(open_session(config, market)) as session:
        account = session.connect()
        with _journal_log(config.folder, config.mode, account) as log:
            return look(session, Journal(log), {each: config.broker_name(each) for each in config.symbols})


def _journal_log(folder: Path, mode: Mode, account: Account) -> ChainedLog:
    """Of one account in one mode: another's journal is refused."""
    whose = {"login": account.login, "server": account.server, "kind": account.kind.name.lower()}
    return ChainedLog(folder / JOURNAL, {"mode": mode, **whose})


def open_session(config: BridgeConfig, market: Market) -> TerminalSession:
    names = {symbol: config.broker_name(symbol) for symbol in config.symbols}
    return TerminalSession(market.mt5, market.clock, config.terminal.clock, names)


def assert_live_fits(
    config: BridgeConfig, session: TerminalSession, client: EndpointClient, facts: Mapping[str, SymbolFacts]
) -> None:
    """Each symbol has a champion whose gate record holds, at costs that the account keeps to; else ModeRefused."""
    models = client.models()
    now = _EPOCH + timedelta(microseconds=session.clock.now_us())
    for symbol, told in facts.items():
        champion = assert_champion_trades(models, symbol, now)
        wrong = cost_misfits(config, session, told, champion.costs)
        if wrong:
            raise ModeRefused(f"Mode live, {symbol}: {wrong[0]}")


def cost_misfits(
    config: BridgeConfig, session: TerminalSession, facts: SymbolFacts, judged: Any
) -> list[str]:
    """In what the account is dearer than the costs that a model was judged at."""
    name = config.broker_name(facts.symbol)
    terms: Any = session.mt5.symbol_info(name)
    now_s = session.broker_seconds()
    deals = session.mt5.history_deals_get(now_s - _DEALS_DAYS * 86_400, now_s + _SETTLING_S) or ()
    own = [deal for deal in deals if deal.symbol == name]
    account = charged(terms, own, config.symbols[facts.symbol].commission_per_lot)
    return misfits(judged, account, terms.bid, facts.pip, config.costs.tolerance_pips)


class _Parts:
    """What the parts of one bridge share."""

    def __init__(
        self,
        config: BridgeConfig,
        mode: Mode,
        market: Market,
        session: TerminalSession,
        journal: Journal,
        facts: Mapping[str, SymbolFacts],
    ) -> None:
        self.config = config
        self.mode = mode
        self.market = market
        self.session = session
        self.journal = journal
        self.facts = facts
        self.names = {symbol: config.broker_name(symbol) for symbol in config.symbols}

    def desk(self) -> AccountRisk:
        limits = Limits() if self.config.limits is None else read_limits(self.config.limits)
        facts = [read_fact(record) for record in self.journal.facts]
        desk = RiskDesk(limits, self.market.clock.now_us(), facts, self._record)
        pips = {symbol: facts.pip for symbol, facts in self.facts.items()}
        return AccountRisk(
            desk, self.market.mt5, self.market.clock, self._cost, pips, self.names, self._is_ours
        )

    def terminal(self, mt5: Mt5) -> Mt5Terminal:
        orders = self.config.orders
        settings = OrderSettings(
            deviation_points=orders.deviation_points,
            entry_window_us=round(orders.entry_window_seconds * 1e6),
            patience_s=orders.patience_seconds,
            break_even_at=orders.break_even_at,
            trail_points=orders.trail_points,
        )
        symbols = {symbol: TradedSymbol(name, self._cost(symbol)) for symbol, name in self.names.items()}
        clock, broker_clock = self.market.clock, self.config.terminal.clock
        return Mt5Terminal(mt5, clock, broker_clock, symbols, self.journal.request, settings)

    def paper_terminals(self, opened: ExitStack) -> dict[str, Terminal]:
        """One a symbol, as each has its own costs."""
        found: dict[str, Terminal] = {}
        for symbol in self.config.symbols:
            path = self.config.folder / f"paper_{symbol}.jsonl"
            log = opened.enter_context(ChainedLog(path, {"paper": symbol}))
            found[symbol] = PaperTerminal(log, self._cost(symbol))
        return found

    def _cost(self, symbol: str) -> Any:
        return partial(trade_cost, self.facts[symbol])

    def _record(self, fact: Fact) -> None:
        self.journal.fact(fact_record(fact), durable=isinstance(fact, Reserved))

    def _is_ours(self, position: Any) -> bool:
        return position.magic in {magic_of(intent_id) for intent_id in self.journal.entries}


def _symbol_run(
    parts: _Parts,
    client: EndpointClient,
    symbol: str,
    terminal: Terminal,
    gate: Risk,
    events: EventStream,
) -> SymbolRun:
    config, clock = parts.config, parts.market.clock
    window_us = round(config.orders.entry_window_seconds * 1e6)
    bridge = Bridge(
        symbol,
        parts.journal,
        terminal,
        trade_shadow=config.trade_shadow,
        risk=gate,
        entry_window_us=window_us,
    )

    def open_feed(day: date) -> Feed:
        return Feed(parts.market.mt5, parts.names[symbol], config.terminal.clock, day)

    rolls = parts.market.is_over is None
    link = Link(client, symbol, rolls=rolls, patience_seconds=config.endpoint.timeout_seconds)
    today = (_EPOCH + timedelta(microseconds=clock.now_us())).date()
    trusted_us = round(config.freshness.signal_age_seconds * 1e6)
    return SymbolRun(symbol, open_feed, link, bridge, clock, events, today, trusted_us)
