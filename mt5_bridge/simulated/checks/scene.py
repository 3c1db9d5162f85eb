"""Where a request is judged, and what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.account import Account
from mt5_bridge.simulated.request import Request
from mt5_bridge.simulated.rows import NOTHING, Position
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.simulated.wall import Wall
from mt5_bridge.trading.words import Quote

FINE = 0
"""In the place of a TRADE_RETCODE_* of a refusal."""


class Scene(NamedTuple):
    """Where a request is judged: the account, the standing quotes, the time."""

    account: Account
    symbols: Mapping[str, Specification]
    standing: Mapping[str, Quote]
    wall: Wall
    now_us: int


def met(account: Account, request: Request) -> Position | None:
    """The position that a request is about."""
    if account.is_hedging:
        return account.ledger.positions.get(request.position)
    found = account.ledger.positions_of(request.symbol)
    return found[0] if found and request.position in {0, found[0].ticket} else None


def is_exit(account: Account, request: Request) -> bool:
    """Whether it closes or changes and opens nothing."""
    if request.action not in {mt5.TRADE_ACTION_DEAL, mt5.TRADE_ACTION_PENDING}:
        return True
    position = met(account, request)
    return position is not None and position.sign != request.sign and request.volume <= position.volume


def margin_after(scene: Scene, symbol: Specification, request: Request) -> Decimal:
    """Of the account, once a request is executed."""
    account, volume = scene.account, request.volume
    others = [*account.ledger.positions.values()]
    position = met(account, request)
    if position is not None and position.sign != request.sign:
        others.remove(position)
        left = position.volume - volume
        if left > 0:
            others.append(replace(position, volume=left, margin=position.margin * left / position.volume))
        volume = -left
    if volume > 0:
        others.append(
            Position(
                ticket=0,
                identifier=0,
                symbol=symbol.name,
                type=mt5.POSITION_TYPE_BUY if request.sign > 0 else mt5.POSITION_TYPE_SELL,
                volume=volume,
                price_open=NOTHING,
                time_us=0,
                time_update_us=0,
                reason=0,
                margin=account.money.margin(symbol, volume),
            )
        )
    return account.margin_of(others)
