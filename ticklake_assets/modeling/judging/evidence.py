"""What a chain's test trades prove, and how much: the trades of a day depend on each other, and losses may be rare.

    proof = evidence_of([nets of each test day], trials=5)

`python -m bench nulls` measures what passes without an edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np

from ticklake_assets.core.metrics import deflated_sharpe, design_effect, lower_bound_of_mean, skewness
from ticklake_assets.core.tables import Floats


class Evidence(NamedTuple):
    effective_trades: float
    """As many independent trades would say as much: at most those that there are."""
    deflated_sharpe: float
    """Of the effective trades, by the best of `trials`."""
    daily_lower_bound: float | None
    """5 % lower bound of the mean daily net; None for fewer than two days."""


def evidence_of(days: Sequence[Floats], trials: int) -> Evidence:
    """Judge the nets of the trades of each test day, in days' order; a day without trades is empty.

    The bound takes the skewness of the trades, of which there are many more than days: that of their mean is theirs
    over the root of the effective number. It only lowers the bound: a few big wins are no reason to trust a mean more.
    """
    nets, effect = np.concatenate([*days, np.empty(0)]), design_effect(days)
    effective = len(nets) / effect
    skew = min(0.0, skewness(nets)) / sqrt(max(1.0, effective))
    lower = lower_bound_of_mean(np.array([day.sum() for day in days]), skew=skew)
    return Evidence(effective, deflated_sharpe(nets, trials, effect), lower if np.isfinite(lower) else None)
