"""A drop-in for the vendor's module: its functions, constants and classes in front of a simulated broker."""

from __future__ import annotations

from mt5_bridge.simulated import constants, records
from mt5_bridge.simulated.calls.prices import PriceCalls
from mt5_bridge.simulated.calls.session import SessionCalls
from mt5_bridge.simulated.calls.shortcuts import Shortcuts


class SimulatedMt5(SessionCalls, PriceCalls, Shortcuts):
    """One terminal of a broker's server, used as the module is; `clock` is the market's, and the bridge's.

    At a `pace` so many seconds of the market pass in one; without, the market stands still but for sleeps and orders.
    """


for _name, _value in {**vars(constants), **vars(records)}.items():
    if isinstance(_value, int) or hasattr(_value, "n_fields"):  # constants and classes, not what they import
        setattr(SimulatedMt5, _name, _value)
