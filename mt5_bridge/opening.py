"""The terminal that a mode trades on."""

from __future__ import annotations

from functools import partial

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.errors import TerminalError
from mt5_bridge.paper.costs import trade_cost
from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.trading.modes import Mode
from mt5_bridge.wire.contract import SymbolFacts


def open_terminal(mode: Mode, log: ChainedLog, facts: SymbolFacts) -> PaperTerminal:
    """The order table's; `replay` has no other, as a recorded day can't be traded at a broker."""
    if mode is not Mode.PAPER:
        raise TerminalError(f"A replayed day is traded on paper. Expected mode paper, was {mode}")
    return PaperTerminal(log, partial(trade_cost, facts))
