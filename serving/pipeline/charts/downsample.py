"""Millions of quotes as the few that a chart can tell apart: M4 of Jugel et al. (VLDB 2014), of two lines at once.

Of each column of pixels the first, last, lowest and highest quote stay, of the bid and of the ask: a line through
them covers the same pixels as a line through all.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt


def m4(
    x: npt.NDArray[np.int64], lines: tuple[npt.NDArray[np.float64], ...], columns: int
) -> npt.NDArray[np.int64]:
    """Rows to keep, ascending, at most `columns * (2 + 2 * len(lines))`, all where they are few; `x` ascends."""
    if len(x) <= columns * 2:
        return np.arange(len(x))
    span = max(int(x[-1] - x[0]), 1)
    column = ((x - x[0]).astype(np.float64) * (columns / (span + 1))).astype(np.int64)
    starts = np.flatnonzero(np.r_[True, column[1:] != column[:-1]])
    ends = np.r_[starts[1:], len(x)]
    kept = [starts, ends - 1]
    for line in lines:
        for ranked in (line, -line):
            lowest = np.minimum.reduceat(ranked, starts)
            is_lowest = ranked == np.repeat(lowest, ends - starts)
            at = np.flatnonzero(is_lowest)
            kept.append(at[np.r_[True, column[at][1:] != column[at][:-1]]])  # the first of equal ones
    return cast("npt.NDArray[np.int64]", np.unique(np.concatenate(kept)))
