"""What bridges hold of a symbol while its champion changes."""

from __future__ import annotations

from typing import NamedTuple

from mt5_bridge.running.status import PositionStatus
from serving.pipeline.answers import ask
from serving.pipeline.sources.bridges import Bridges


class Holder(NamedTuple):
    bridge: str
    mode: str
    dry_run: bool
    state: str
    positions: list[PositionStatus]


def holders(bridges: Bridges, symbol: str) -> list[Holder]:
    """Every bridge that trades the symbol, by its newest status; one without a status has nothing to tell."""
    found = []
    for bridge in bridges.all():
        status = ask(bridge.status).value
        if status and symbol in status.symbols:
            found.append(
                Holder(
                    bridge.name, status.mode, status.dry_run, status.state, status.symbols[symbol].positions
                )
            )
    return found
