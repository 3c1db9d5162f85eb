"""What a trade server asks of a request before it executes it: the first thing that is wrong names the return code."""

from __future__ import annotations

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.checks.market_orders import market_order
from mt5_bridge.simulated.checks.pending_orders import change_of_order, pending_order
from mt5_bridge.simulated.checks.positions import close_by, stops_of_position
from mt5_bridge.simulated.checks.scene import Scene
from mt5_bridge.simulated.request import Request


def refusal(scene: Scene, request: Request) -> int:
    """TRADE_RETCODE_* of a request that is refused; 0 for one that is not."""
    match request.action:
        case mt5.TRADE_ACTION_DEAL:
            return market_order(scene, request)
        case mt5.TRADE_ACTION_PENDING:
            return pending_order(scene, request)
        case mt5.TRADE_ACTION_SLTP:
            return stops_of_position(scene, request)
        case mt5.TRADE_ACTION_MODIFY | mt5.TRADE_ACTION_REMOVE:
            return change_of_order(scene, request)
        case mt5.TRADE_ACTION_CLOSE_BY:
            return close_by(scene, request)
    return mt5.TRADE_RETCODE_INVALID
