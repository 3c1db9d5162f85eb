"""Drift: the population stability index of rolling windows against the bundle's reference, in constant memory.

PSI = sum over bins of (p - q) ln(p / q), p the window's share and q the reference's (Siddiqi, Credit Risk Scorecards,
2006, chapter 8). Without drift it is about (bins - 1) (1/n + 1/m) for n and m values (Yurdakul, Statistical Properties
of Population Stability Index, 2018): 0.03 for a full window of events.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.tables import Floats, Ints
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.deployed.reference import BINS, ReferenceColumn

LEAST_SHARE = 1e-4
"""Of an empty bin: ln 0 is none."""
_Cells = NDArray[np.int8]


class WindowState(Document):
    """A window's bins, to begin the next day with."""

    rows: int
    cells: str


class Drift:
    """The last `window` rows of some quantities, each as the bin that it fell in."""

    def __init__(self, columns: Sequence[ReferenceColumn], window: int, least: int) -> None:
        self.names = tuple(column.name for column in columns)
        self.rows = 0
        """Seen in all; the window holds the last of them."""
        self._window, self._least = window, least
        self._edges = np.array([column.edges for column in columns])
        self._low = np.array([column.low for column in columns])
        self._high = np.array([column.high for column in columns])
        counts = np.array([column.counts for column in columns], dtype=np.float64)
        self._expected = _shares(counts)
        self._cells = np.zeros((window, len(columns)), dtype=np.int8)
        self._counts = np.zeros((len(columns), BINS), dtype=np.int64)
        self._outside = np.zeros(len(columns), dtype=np.int64)

    def push(self, values: Floats) -> None:
        """Take a row of shape (C,) in; some microseconds. NaN lies outside of every range."""
        at = self.rows % self._window
        if self.rows >= self._window:
            _add(self._cells[at], -1, self._counts, self._outside)
        _place(values, self._edges, self._low, self._high, self._cells[at])
        _add(self._cells[at], 1, self._counts, self._outside)
        self.rows += 1

    @property
    def held(self) -> int:
        """Rows in the window."""
        return min(self.rows, self._window)

    def psi(self) -> Floats:
        """Of each quantity, shape (C,); NaN before the window holds rows enough to say anything."""
        if self.held < self._least:
            return np.full(len(self.names), np.nan)
        actual = _shares(self._counts.astype(np.float64))
        found: Floats = ((actual - self._expected) * np.log(actual / self._expected)).sum(axis=1)
        return found

    def outside(self) -> Floats:
        """Share of the window that lies beyond what the reference ever had; NaN as `psi`."""
        if self.held < self._least:
            return np.full(len(self.names), np.nan)
        return self._outside / self.held

    def state(self) -> WindowState:
        return WindowState(rows=self.rows, cells=b64encode(self._cells.tobytes()).decode())

    def restore(self, state: WindowState) -> None:
        """Go on with the window of a Drift of the same columns; DataError where it is of another size."""
        cells = np.frombuffer(b64decode(state.cells), dtype=np.int8)
        if cells.size != self._cells.size:
            raise DataError(
                f"The window was kept by other code. Expected {self._cells.size} cells, was {cells.size}"
            )
        self._cells[:] = cells.reshape(self._cells.shape)
        self.rows = state.rows
        for row in self._cells[: self.held]:
            _add(row, 1, self._counts, self._outside)


def _shares(counts: Floats) -> Floats:
    found: Floats = np.maximum(counts / counts.sum(axis=1, keepdims=True), LEAST_SHARE)
    return found


@njit(cache=True, nogil=True)
def _place(values: Floats, edges: Floats, low: Floats, high: Floats, cells: _Cells) -> None:
    """A cell is the bin, and `BINS` more where the value is beyond the reference's range."""
    for column in range(len(values)):
        value, found = values[column], 0
        for edge in edges[column]:
            if value > edge:
                found += 1
        cells[column] = found if low[column] <= value <= high[column] else found + BINS


@njit(cache=True, nogil=True)
def _add(cells: _Cells, change: int, counts: Ints, outside: Ints) -> None:
    for column in range(len(cells)):
        cell = cells[column]
        if cell >= BINS:
            cell -= BINS
            outside[column] += change
        counts[column, cell] += change
