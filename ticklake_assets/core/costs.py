"""What a trade costs: slippage on both fills and commission; the spread is paid by the prices themselves."""

from __future__ import annotations

import numpy as np

from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.tables import Floats


def round_turn_cost(instrument: Instrument, slippage_factor: float = 1.0) -> float:
    """Slippage of entry and exit plus the round turn's commission, price units.

    `slippage_factor` is the gate's question: does the edge survive twice the expected slippage?
    """
    slippage = 2.0 * slippage_factor * instrument.slippage_pips * instrument.pip
    return slippage + instrument.commission_pips * instrument.pip


def net_result(side: int, entry: Floats, exit_: Floats, cost: float) -> Floats:
    """Profit after costs of entry/exit pairs, price units; 0 where there was no entry (NaN prices).

    `side` is 1 for long, -1 for short; `cost` comes from `round_turn_cost`.
    """
    return np.where(np.isnan(entry), 0.0, side * (exit_ - entry) - cost)
