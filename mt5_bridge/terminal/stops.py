"""What a broker would refuse of stops and targets, decided before anything is sent."""

from __future__ import annotations

from mt5_bridge.exact import exact
from mt5_bridge.terminal.records import BrokerPosition, Symbol, SymbolTick


def exit_side(side: str, tick: SymbolTick) -> float:
    """Price at which a position of this side would close."""
    return tick.bid if side == "long" else tick.ask


def has_left(side: str, stop: float, target: float, tick: SymbolTick) -> bool:
    """Whether the market is at or beyond a barrier already: then there is no entry, as in the order table."""
    price, sign = exit_side(side, tick), 1 if side == "long" else -1
    return sign * price <= sign * stop or sign * price >= sign * target


def too_near(side: str, stop: float, target: float, tick: SymbolTick, symbol: Symbol) -> str | None:
    """Say which of the two the broker would refuse for its stops level; 0 is no barrier."""
    price = exit_side(side, tick)
    for name, barrier in (("stop", stop), ("target", target)):
        points = points_between(price, barrier, symbol)
        if barrier and points < symbol.trade_stops_level:
            return (
                f"{symbol.name}: Expected a {name} {symbol.trade_stops_level} points or more from {price}, "
                f"was {barrier}, {points} points"
            )
    return None


def is_frozen(side: str, position: BrokerPosition, tick: SymbolTick, symbol: Symbol) -> bool:
    """Whether stop or target are so near that the broker lets nobody change or close the position."""
    if not symbol.trade_freeze_level:
        return False
    price = exit_side(side, tick)
    barriers = [barrier for barrier in (position.sl, position.tp) if barrier]
    return any(points_between(price, each, symbol) <= symbol.trade_freeze_level for each in barriers)


def points_between(first: float, second: float, symbol: Symbol) -> int:
    return round(abs(exact(first) - exact(second)) / exact(symbol.point))
