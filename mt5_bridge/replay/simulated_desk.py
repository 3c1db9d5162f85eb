"""A simulated broker beside a replayed stream; apart, as its ticks need numpy, which paper does without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import cast

from mt5_bridge.attribution.documents import Quotes
from mt5_bridge.attribution.record import Account, quotes_seen
from mt5_bridge.errors import SetupError
from mt5_bridge.paper.costs import trade_cost
from mt5_bridge.replay.desk import Simulation
from mt5_bridge.simulated.lateness import Lateness
from mt5_bridge.simulated.market import quotes_of
from mt5_bridge.simulated.module import SimulatedMt5
from mt5_bridge.simulated.server import Server
from mt5_bridge.terminal.look import ALL_TIME_S, booked
from mt5_bridge.terminal.mt5 import Mt5Terminal, TradedSymbol
from mt5_bridge.terminal.package import Mt5, failure
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
    lateness = Lateness()
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
        yield SimulatedDesk(server, mt5, terminal, lateness, quotes_seen(simulation.ticks), names[0])


class SimulatedDesk:
    """The market stands where the stream does, or further where an order was waited for."""

    def __init__(
        self, server: Server, mt5: Mt5, terminal: Terminal, lateness: Lateness, quotes: Quotes, name: str
    ) -> None:
        self.terminal = terminal
        self.quotes = quotes
        self._server = server
        self._mt5 = mt5
        self._lateness = lateness
        self._name = name

    def pass_on(self, tick: Tick, answer: Answer) -> None:
        """Let the market come to a tick, before the bridge acts on it."""
        if answer.status == "clean" and tick.ts_us is not None:
            self._server.run_until(tick.ts_us)
        if answer.signal is not None:
            self._lateness.hear(self._name, answer.signal.earliest_entry_us)

    def account(self) -> Account:
        info, deals = booked(self._mt5, *ALL_TIME_S)
        return Account("demo", f"{info.login} at {info.server}", info.currency, deals)
