"""The figures that a reader expects beside a verdict, of a chain's pooled test trades."""

from __future__ import annotations

import numpy as np

from ticklake_assets.core.metrics import sharpe
from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.deployed.document import Document


class TradeFigures(Document):
    """None where there is nothing to measure it on."""

    hit_rate: float | None
    """Share of trades with a profit after costs."""
    profit_factor: float | None
    """What the winners earned over what the losers lost; None where none lost."""
    average_pips: float | None
    """Net of a trade."""
    daily_sharpe: float | None
    """Mean over standard deviation of the tested days' nets, not annualised; None below two days."""


def trade_figures(nets: Floats, daily: Floats) -> TradeFigures:
    """`nets` are the trades', `daily` the tested days', in pips after costs."""
    lost = -float(nets[nets < 0].sum())
    return TradeFigures(
        hit_rate=float(np.mean(nets > 0)) if len(nets) else None,
        profit_factor=float(nets[nets > 0].sum()) / lost if lost > 0 else None,
        average_pips=float(nets.mean()) if len(nets) else None,
        daily_sharpe=sharpe(daily) if len(daily) > 1 else None,
    )
