"""What a replayed day is traded on: paper, or a simulated broker whose market goes along with the stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.attribution.documents import Quotes
from mt5_bridge.attribution.record import Account
from mt5_bridge.paper.costs import trade_cost
from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.simulated.broker import SimulatedBroker
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Terminal
from mt5_bridge.wire.contract import Answer, SymbolFacts, Tick


class Desk(Protocol):
    @property
    def terminal(self) -> Terminal: ...

    @property
    def quotes(self) -> Quotes:
        """What the terminal itself quoted; empty on paper."""

    def pass_on(self, tick: Tick, answer: Answer) -> None:
        """Come to a tick, before the bridge acts on it."""

    def account(self) -> Account:
        """Whose day it was."""


@dataclass(frozen=True)
class Simulation:
    """A broker, and what it quotes on the day, which need not be what the endpoint is streamed."""

    broker: SimulatedBroker
    ticks: Sequence[Tick]


class PaperDesk:
    """The order table, by itself."""

    def __init__(self, log: ChainedLog, journal: Journal, facts: SymbolFacts) -> None:
        terminal = PaperTerminal(log, partial(trade_cost, facts))
        journal.hold_against(terminal)
        self.terminal: Terminal = terminal
        self.quotes = Quotes((), (), ())

    def pass_on(self, tick: Tick, answer: Answer) -> None:
        """The terminal is shown each quote by the bridge."""

    def account(self) -> Account:
        return Account("paper", "paper")
