"""A running bridge as its configuration has it: everything is checked here, before the first tick."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.config import BridgeConfig
from mt5_bridge.errors import ModeRefused, SetupError
from mt5_bridge.moments import moment_of
from mt5_bridge.running.events import EventStream
from mt5_bridge.running.gate import Gate
from mt5_bridge.running.loop import RunningBridge, look
from mt5_bridge.running.parts import Market, Parts
from mt5_bridge.running.reconciliation import Reconciliation
from mt5_bridge.running.session import TerminalSession
from mt5_bridge.terminal.dry_run import dry_run
from mt5_bridge.trading.account_costs import charged, misfits
from mt5_bridge.trading.journal import JOURNAL_FILE, Journal
from mt5_bridge.trading.modes import Account, Asked, Mode, assert_champion_trades, assert_mode_fits
from mt5_bridge.trading.risk import OneLot
from mt5_bridge.trading.words import Terminal
from mt5_bridge.wire.client import EndpointClient
from mt5_bridge.wire.contract import CostFacts, SymbolFacts

__all__ = ["Market", "cost_misfits", "open_bridge", "open_session", "read_reconciliation"]

DRY_RUN = "dry-run"
"""Folder, in the bridge's own, of what a dry run would have done."""
_DEALS_US = 90 * 86_400_000_000
"""Of the account's history, in which its commission is looked for."""


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
        folder = folder_of(config, show)
        journal = Journal(opened.enter_context(_journal_log(folder, asked.mode, account)))
        assert_all_looked_after(journal, config)
        if market.listener is not None:
            events.subscribe(market.listener)
        if market.witness is not None and show is None and asked.mode is not Mode.PAPER:
            journal.hold_against(market.witness)
        parts = Parts(config, folder, market, journal, facts)
        desk = None if asked.mode is Mode.PAPER else parts.desk()
        gate = Gate(desk or OneLot(), config.freshness, market.clock, session.standing, events)
        if asked.mode is Mode.PAPER:
            terminals: Mapping[str, Terminal] = parts.paper_terminals(opened)
        else:
            mt5 = market.mt5 if show is None else dry_run(market.mt5, show)
            terminals = dict.fromkeys(config.symbols, parts.terminal(mt5))
        runs = [parts.run(symbol, client, terminals[symbol], gate, events) for symbol in config.symbols]
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


def assert_all_looked_after(journal: Journal, config: BridgeConfig) -> None:
    """SetupError where something is open of a symbol that the configuration leaves out: nobody would make its exits."""
    for entry in journal.entries.values():
        intent = entry.intent
        if entry.is_unresolved and intent.symbol not in config.symbols:
            raise SetupError(
                f"{config.folder}: Expected {intent.symbol} among the symbols while its intent {intent.intent_id} is "
                f"{entry.fate}, was {', '.join(config.symbols)}"
            )


def folder_of(config: BridgeConfig, show: object | None) -> Path:
    """Where journal and status lie: those of a dry run apart, so that nothing takes them for what happened."""
    return config.folder if show is None else config.folder / DRY_RUN


def read_reconciliation(config: BridgeConfig, market: Market) -> Reconciliation:
    """Hold the journal against the terminal, and change neither; SetupError without a journal."""
    if config.mode is Mode.PAPER:
        raise SetupError("Expected mode demo or live, was paper, whose positions no broker knows")
    path = config.folder / JOURNAL_FILE
    if not path.exists():
        raise SetupError(f"{path}: Expected the journal of a bridge that ran, was none")
    with closing(open_session(config, market)) as session:
        account = session.connect()
        with _journal_log(config.folder, config.mode, account) as log:
            return look(session, Journal(log), {each: config.broker_name(each) for each in config.symbols})


def _journal_log(folder: Path, mode: Mode, account: Account) -> ChainedLog:
    """Of one account in one mode: another's journal is refused."""
    whose = {"login": account.login, "server": account.server, "kind": account.kind.name.lower()}
    return ChainedLog(folder / JOURNAL_FILE, {"mode": mode, **whose})


def open_session(config: BridgeConfig, market: Market) -> TerminalSession:
    names = {symbol: config.broker_name(symbol) for symbol in config.symbols}
    return TerminalSession(market.mt5, market.clock, config.terminal.clock, names)


def assert_live_fits(
    config: BridgeConfig, session: TerminalSession, client: EndpointClient, facts: Mapping[str, SymbolFacts]
) -> None:
    """Each symbol has a champion whose gate record holds, at costs that the account keeps to; else ModeRefused."""
    models = client.models()
    now = moment_of(session.clock.now_us())
    for symbol, told in facts.items():
        champion = assert_champion_trades(models, symbol, now)
        wrong = cost_misfits(config, session, told, champion.costs)
        if wrong:
            raise ModeRefused(f"Mode live, {symbol}: {wrong[0]}")


def cost_misfits(
    config: BridgeConfig, session: TerminalSession, facts: SymbolFacts, judged: CostFacts
) -> list[str]:
    """In what the account is dearer than the costs that a model was judged at."""
    name = config.broker_name(facts.symbol)
    terms: Any = session.mt5.symbol_info(name)
    deals = session.deals_since(session.clock.now_us() - _DEALS_US)
    own = [deal for _, deal in deals if deal.symbol == name]
    account = charged(terms, own, config.symbols[facts.symbol].commission_per_lot)
    return misfits(judged, account, terms.bid, facts.pip, config.costs.tolerance_pips)
