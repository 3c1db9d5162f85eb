"""Dirty a clean day on purpose, and say exactly which row must be caught by which rule.

Each injection lives alone in a slot of rows, far from the next, so that no two of them meet inside the eight
rows a cleaning rule looks back: the counts by rule are known exactly.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.core.tables import Floats, Ints
from ticklake_assets.sources.source import TICK_SCHEMA

_SLOT_ROWS = 64
_STALE_AFTER = 8
"""Identical rows before the next one is stale (the contract's `stale_run`)."""


class DirtyRow(NamedTuple):
    """One row that was touched."""

    source_row: int
    """1-based number of the row in the dirty table."""
    kind: str
    """Field of `DirtPlan` that put it there."""
    rule: str | None
    """Cleaning rule that must catch it; None where the row is good (late arrival, unchanged quote)."""


@dataclass(frozen=True)
class GroundTruth:
    """What was injected into a day, sorted by `source_row`."""

    rows: tuple[DirtyRow, ...]

    @property
    def rule_of(self) -> dict[int, str]:
        """Rule by source row, for the rows that must be quarantined."""
        return {row.source_row: row.rule for row in self.rows if row.rule is not None}

    @property
    def by_rule(self) -> dict[str, int]:
        return dict(sorted(Counter(self.rule_of.values()).items()))


@dataclass(frozen=True)
class DirtPlan:
    """How many injections of each kind a day gets."""

    duplicate: int = 0
    out_of_order: int = 0
    crossed: int = 0
    non_positive: int = 0
    missing_field: int = 0
    non_finite: int = 0
    spike: int = 0
    stale_run: int = 0
    wrong_day: int = 0

    @classmethod
    def for_rows(cls, rows: int) -> DirtPlan:
        """Spoil about half a percent of the rows, every kind alike; nothing in a closed day."""
        each = min(20, rows // (_SLOT_ROWS * 2 * len(fields(cls))))
        return cls(*(each for _ in fields(cls)))

    @property
    def kinds(self) -> list[str]:
        """One entry an injection."""
        return [field.name for field in fields(self) for _ in range(getattr(self, field.name))]


@dataclass
class _Draft:
    """The day while it is being dirtied: columns by row, then the order in which rows arrive."""

    ts_us: Ints
    prices: dict[str, Floats]
    is_null: dict[str, np.ndarray[tuple[int], np.dtype[np.bool_]]]
    arrival: Floats
    """Sort key of the arrival order: rows start at 0, 1, 2, ..."""
    repeats: list[tuple[int, float]]
    """Rows that arrive a second time, and where."""


def inject(table: pa.Table, day: SymbolDay, seed: int, plan: DirtPlan) -> tuple[pa.Table, GroundTruth]:
    """Return the dirty table and its ground truth; the same arguments give the same rows.

    `table` must be clean: strictly increasing times, no row that any rule would catch. Raises DataError when
    the day is too short to keep the injections apart.
    """
    rng = np.random.default_rng([seed, zlib.crc32(day.key.encode())])
    kinds = plan.kinds
    slots = _slots(table)
    if len(slots) < len(kinds):
        raise DataError(f"{day} is too short for its dirt. Expected {len(kinds)} slots, was {len(slots)}")
    draft = _draft(table)
    touched: list[tuple[int, str, str | None]] = []
    repeated: list[tuple[int, str, str | None]] = []
    for kind, first in zip(kinds, rng.permutation(slots)[: len(kinds)], strict=True):
        at = int(first) + _STALE_AFTER * 2 + int(rng.integers(8))
        if kind == "duplicate":
            draft.repeats.append((at, at + int(rng.integers(4)) + 0.5))
            repeated.append((len(draft.repeats) - 1, kind, kind))
        else:
            touched += [(row, kind, rule) for row, rule in _INJECTORS[kind](draft, at, rng)]
    return _assemble(draft, touched, repeated)


def _slots(table: pa.Table) -> Ints:
    """First rows of the slots in which no quote repeats its predecessor, so that a stale run begins at 1."""
    quotes = np.column_stack([table[name].to_numpy() for name in table.column_names[1:]])
    is_same = np.concatenate([[False], (quotes[1:] == quotes[:-1]).all(axis=1)])
    first = np.arange(_SLOT_ROWS, table.num_rows - _SLOT_ROWS, _SLOT_ROWS, dtype=np.int64)
    is_usable = [not is_same[row : row + _SLOT_ROWS].any() for row in first]
    return first[is_usable]


def _draft(table: pa.Table) -> _Draft:
    names = table.column_names
    return _Draft(
        ts_us=table["ts_event"].cast(pa.int64()).to_numpy().copy(),
        prices={name: table[name].to_numpy().copy() for name in names[1:]},
        is_null={name: np.zeros(table.num_rows, dtype=np.bool_) for name in names},
        arrival=np.arange(table.num_rows, dtype=np.float64),
        repeats=[],
    )


_Touched = list[tuple[int, str | None]]


def _out_of_order(draft: _Draft, row: int, rng: np.random.Generator) -> _Touched:
    draft.arrival[row] += int(rng.integers(1, 20)) + 0.5
    return [(row, None)]


def _crossed(draft: _Draft, row: int, _: np.random.Generator) -> _Touched:
    bid, ask = draft.prices["bid"], draft.prices["ask"]
    bid[row], ask[row] = ask[row], bid[row]
    return [(row, "crossed")]


def _non_positive(draft: _Draft, row: int, rng: np.random.Generator) -> _Touched:
    name, value = [("bid", 0.0), ("ask", 0.0), ("bid", -1.0), ("ask_size", -1.0)][rng.integers(4)]
    draft.prices[name][row] = value
    return [(row, "non_positive")]


def _missing_field(draft: _Draft, row: int, rng: np.random.Generator) -> _Touched:
    draft.is_null[str(rng.choice(["ts_event", "bid", "ask"]))][row] = True
    return [(row, "missing_field")]


def _non_finite(draft: _Draft, row: int, rng: np.random.Generator) -> _Touched:
    name = str(rng.choice(["bid", "ask", "bid_size", "ask_size"]))
    draft.prices[name][row] = rng.choice([np.nan, np.inf, -np.inf])
    return [(row, "non_finite")]


def _spike(draft: _Draft, row: int, rng: np.random.Generator) -> _Touched:
    factor = 1 + float(rng.choice([-1, 1])) * float(rng.uniform(0.02, 0.10))
    for name in ("bid", "ask"):
        draft.prices[name][row] *= factor
    return [(row, "spike")]


def _stale_run(draft: _Draft, row: int, rng: np.random.Generator) -> _Touched:
    length = _STALE_AFTER + int(rng.integers(1, 20))
    for values in draft.prices.values():
        values[row : row + length] = values[row]
    return [(row + i, "stale_run" if i >= _STALE_AFTER else None) for i in range(1, length)]


def _wrong_day(draft: _Draft, row: int, rng: np.random.Generator) -> _Touched:
    draft.ts_us[row] += int(rng.choice([-1, 1, 30])) * MICROS_PER_DAY
    return [(row, "wrong_day")]


_INJECTORS: dict[str, Callable[[_Draft, int, np.random.Generator], _Touched]] = {
    "out_of_order": _out_of_order,
    "crossed": _crossed,
    "non_positive": _non_positive,
    "missing_field": _missing_field,
    "non_finite": _non_finite,
    "spike": _spike,
    "stale_run": _stale_run,
    "wrong_day": _wrong_day,
}


def _assemble(
    draft: _Draft,
    touched: list[tuple[int, str, str | None]],
    repeated: list[tuple[int, str, str | None]],
) -> tuple[pa.Table, GroundTruth]:
    """Put rows and repeats in arrival order and translate row numbers to source rows."""
    rows = len(draft.ts_us)
    origin = np.concatenate([np.arange(rows), np.array([row for row, _ in draft.repeats], dtype=np.int64)])
    arrival = np.concatenate([draft.arrival, np.array([at for _, at in draft.repeats])])
    order = np.argsort(arrival, kind="stable")
    source_row = np.empty(len(order), dtype=np.int64)
    source_row[order] = np.arange(1, len(order) + 1)
    columns = {"ts_event": draft.ts_us, **draft.prices}
    arrays = []
    for name, values in columns.items():
        column = pa.array(values[origin[order]], mask=draft.is_null[name][origin[order]])
        arrays.append(column.cast(TICK_SCHEMA.field(name).type))
    dirty = [DirtyRow(int(source_row[row]), kind, rule) for row, kind, rule in touched]
    dirty += [DirtyRow(int(source_row[rows + repeat]), kind, rule) for repeat, kind, rule in repeated]
    return pa.Table.from_arrays(arrays, schema=TICK_SCHEMA), GroundTruth(tuple(sorted(dirty)))
