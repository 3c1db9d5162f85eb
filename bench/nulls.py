"""What passes without an edge: the gates that judge a chain's trades, on trades whose mean is zero.

`python -m bench nulls` takes some two minutes. Chains have three folds; trades are judged by the product's own
functions, as the best of five openings. Beside them the figures that take trades for independent and days for normal.
The last rows have an edge: the trades of the planted patterns at strength 1, if those of a day were independent.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ticklake_assets.core.metrics import deflated_sharpe, lower_bound_of_mean
from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.deployed.gates import GATES
from ticklake_assets.modeling.judging.evidence import evidence_of
from ticklake_assets.modeling.judging.walk_forward import LEAST_OPENINGS
from ticklake_assets_tests.modeling.nulls import NULLS, UNSEEN, Draw, Rng

DRAWS = 5_000
FOLDS = 3
SHAPES = ((6, 25), (6, 50), (6, 80), (12, 50))
"""Days, and trades a day."""
PLANTED = {"SYNEUR, strength 1": (1.1, 3.0, 77), "SYNJPY, strength 1": (2.3, 8.4, 41)}
"""Mean and standard deviation of a trade in pips, trades a day: the means of seeds 1 to 15."""
PLAIN = ("deflated Sharpe, trades independent", "t bound by day")
_GATE = {gate.name: gate for gate in GATES}


def run() -> list[dict[str, object]]:
    """One row a null and shape: the share of chains that meet each gate, and all of them."""
    drawn: list[tuple[str, Draw, int, int]] = [
        (name, draw, *shape) for name, draw in {**NULLS, **UNSEEN}.items() for shape in SHAPES
    ]
    drawn += [
        (name, partial(planted, mean, deviation), 6, trades)
        for name, (mean, deviation, trades) in PLANTED.items()
    ]
    return [
        {"trades": name, "days": days, "a day": trades} | rates(draw, (DRAWS, days, trades))
        for name, draw, days, trades in drawn
    ]


def planted(mean: float, deviation: float, rng: Rng, shape: tuple[int, int, int]) -> Floats:
    return mean + deviation * rng.standard_normal(shape)


def rates(draw: Draw, shape: tuple[int, int, int], seed: int = 1) -> dict[str, object]:
    """Share of the drawn chains that meet each gate."""
    met = [judged(chain) for chain in draw(np.random.default_rng(seed), shape)]
    return {name: f"{np.mean([each[name] for each in met]):.1%}" for name in met[0]}


def judged(chain: Floats) -> dict[str, bool]:
    """Which gates a chain of shape (days, trades) meets."""
    evidence, nets = evidence_of(list(chain), LEAST_OPENINGS), chain.ravel()
    equity = np.cumsum(nets)
    depth = float((np.maximum.accumulate(np.maximum(equity, 0.0)) - equity).max())
    values = {
        "deflated_sharpe": evidence.deflated_sharpe,
        "net_pips_a_day_lower_bound": evidence.daily_lower_bound or 0.0,
        "positive_folds": float(np.mean(chain.reshape(FOLDS, -1).sum(axis=1) > 0)),
        "net_less_drawdown_pips": float(equity[-1]) - depth,
    }
    gates = {name: _GATE[name].admits(value) for name, value in values.items()}
    plain = (deflated_sharpe(nets, LEAST_OPENINGS) >= 0.95, lower_bound_of_mean(chain.sum(axis=1)) > 0)
    before = all(plain) and gates["positive_folds"] and gates["net_less_drawdown_pips"]
    return {
        **dict(zip(PLAIN, plain, strict=True)),
        "these and the last two": before,
        **gates,
        "all": all(gates.values()),
    }
