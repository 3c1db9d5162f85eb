"""What a trade costs: slippage on both fills, commission, swap; the spread is paid by the prices themselves."""

from __future__ import annotations

import numpy as np

from ticklake_assets.core.calendar import rollover
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats, Ints


def round_turn_cost(instrument: Instrument, slippage_factor: float = 1.0) -> float:
    """Slippage of entry and exit plus the round turn's commission, price units.

    `slippage_factor` is the gate's question: does the edge survive twice the expected slippage?
    """
    slippage = 2.0 * slippage_factor * instrument.slippage_pips * instrument.pip
    return slippage + instrument.commission_pips * instrument.pip


def swap_cost(day: SymbolDay, instrument: Instrument, entry_us: Ints, exit_us: Ints) -> Floats:
    """What positions of a day pay for being open at its rollover, price units.

    A position that is entered at the rollover's microsecond is of the new day; one that is closed there was held.
    """
    moment, nights = rollover(day)
    held = (entry_us < moment) & (moment <= exit_us)
    return np.where(held, nights * (instrument.swap_pips * instrument.pip), 0.0)


def net_result(side: int, entry: Floats, exit_: Floats, cost: float | Floats) -> Floats:
    """Profit after costs of entry/exit pairs, price units; 0 where there was no entry (NaN prices).

    `side` is 1 for long, -1 for short; `cost` is `round_turn_cost` plus each position's `swap_cost`.
    """
    return np.where(np.isnan(entry), 0.0, side * (exit_ - entry) - cost)
