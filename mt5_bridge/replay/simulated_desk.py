"""A simulated broker beside a replayed stream; apart, as its ticks need numpy, which paper does without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

from mt5_bridge.attribution.documents import Quotes
from mt5_bridge.attribution.record import Account, quotes_seen
from mt5_bridge.errors import SetupError, TerminalError
from mt5_bridge.paper.costs import trade_cost
from mt5_bridge.replay.desk import Simulation
from mt5_bridge.simulated.market import quotes_of
from mt5_bridge.simulated.module import SimulatedMt5
from mt5_bridge.simulated.server import Server
from mt5_bridge.terminal.mt5 import Mt5Terminal, TradedSymbol
from mt5_bridge.terminal.package import Mt5, failure
from mt5_bridge.terminal.records import Deal, read
from mt5_bridge.ticks.broker_clock import BrokerClock
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Terminal
from mt5_bridge.wire.contract import Answer, SymbolFacts, Tick


@contextmanager
def simulated_desk(
    simulation: Simulation, log: Path, journal: Journal, facts: SymbolFacts
) -> Iterator[SimulatedDesk]:
    """Open the account; its log outlives the process. SetupError where the broker has no such symbol."""
    broker = simulation.broker
    names = [each.name for each in broker.symbols if (each.recorded_as or each.name) == facts.symbol]
    if not names:
        raise SetupError(f"Expected a broker with a symbol that is recorded as {facts.symbol}, was none")
    lateness = _Lateness()
    recordings = {facts.symbol: quotes_of(simulation.ticks)}
    with closing(Server(broker, recordings, log, latency=lateness.of)) as server:
        journal.hold_against(server)
        simulated = SimulatedMt5(server)
        mt5 = cast("Mt5", simulated)
        if not mt5.initialize() or not mt5.symbol_select(names[0], True):
            raise failure(mt5, f"the simulated terminal with {names[0]}")
        symbols = {facts.symbol: TradedSymbol(names[0], partial(trade_cost, facts))}
        clock = BrokerClock.parse(broker.clock)
        terminal = Mt5Terminal(mt5, simulated.clock, clock, symbols, journal.request)
        yield SimulatedDesk(server, mt5, terminal, lateness, quotes_seen(simulation.ticks))


class _Lateness:
    """How late an order arrives: by its signal, as label and simulator have it."""

    earliest_us = 0

    def of(self, symbol: str, sent_us: int) -> int:  # noqa: ARG002 - of one symbol
        return max(self.earliest_us - sent_us, 0)


class SimulatedDesk:
    """The market stands where the stream does, or further where an order was waited for."""

    def __init__(
        self, server: Server, mt5: Mt5, terminal: Terminal, lateness: _Lateness, quotes: Quotes
    ) -> None:
        self.terminal = terminal
        self.quotes = quotes
        self._server = server
        self._mt5 = mt5
        self._lateness = lateness

    def pass_on(self, tick: Tick, answer: Answer) -> None:
        """Let the market come to a tick, before the bridge acts on it."""
        if answer.status == "clean" and tick.ts_us is not None:
            self._server.run_until(tick.ts_us)
        if answer.signal is not None:
            self._lateness.earliest_us = answer.signal.earliest_entry_us

    def account(self) -> Account:
        info: Any = self._mt5.account_info()
        until = self._server.market.now_us // 1_000_000 + 7 * 86_400
        deals = self._mt5.history_deals_get(0, until)
        if info is None or deals is None:
            raise TerminalError(
                "MetaTrader 5: Expected account and deals of the simulated terminal, was none"
            )
        rows = [read(Deal, deal) for deal in deals]
        return Account("demo", f"{info.login} at {info.server}", info.currency, rows)
