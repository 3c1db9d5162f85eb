"""Compare the features of a day that was replayed as the endpoint meets it with gold's, bit for bit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.tables import DayFeatures, Floats, Ints
from ticklake_assets.modeling.deployed.document import Document


class Parity(Document):
    """How many of a day's events are the same live and in gold."""

    rows: int
    """Events that either side has."""
    identical: int
    """Events of the same time whose features are the same bits."""
    first_difference: str | None
    """Where the two part, None where they don't."""

    @property
    def share(self) -> float | None:
        """1 where all rows agree; None without a row."""
        return self.identical / self.rows if self.rows else None


def compare(live: DayFeatures, gold_ts_us: Ints, gold_features: Floats) -> Parity:
    """Compare events by time; features of shape (n, F) as gold holds them."""
    shared, here, there = np.intersect1d(live.ts_us, gold_ts_us, return_indices=True)
    same = live.features[here].view(np.int64) == np.ascontiguousarray(gold_features[there]).view(np.int64)
    agree = same.all(axis=1)
    rows = len(live.ts_us) + len(gold_ts_us) - len(shared)
    return Parity(
        rows=rows,
        identical=int(agree.sum()),
        first_difference=_first_difference(live, gold_ts_us, shared, same),
    )


def _first_difference(
    live: DayFeatures, gold_ts_us: Ints, shared: Ints, same: NDArray[np.bool_]
) -> str | None:
    found: list[tuple[int, str]] = []
    for name, only in (
        ("live", np.setdiff1d(live.ts_us, gold_ts_us)),
        ("gold", np.setdiff1d(gold_ts_us, live.ts_us)),
    ):
        if len(only):
            found.append((int(only[0]), f"an event that only {name} has"))
    rows, columns = np.nonzero(~same)
    if len(rows):
        found.append((int(shared[rows[0]]), f"feature {FEATURES[columns[0]].name} has other bits"))
    if not found:
        return None
    ts_us, what = min(found)
    return f"ts_us {ts_us}: {what}"
