"""The folds of a walk on a calendar: a line a fold, its train, validation and test days as bars, spent days marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

_WIDTH, _LEFT, _ROW, _TOP = 860, 96, 22, 26


@dataclass(frozen=True)
class Bar:
    x: float
    y: int
    width: float
    kind: str
    """`train`, `validate`, `test` or `spent`."""
    words: str


@dataclass(frozen=True)
class WalkCalendar:
    width: int
    height: int
    bars: tuple[Bar, ...]
    names: tuple[tuple[int, str], ...]
    """y and text of each line."""
    ends: tuple[str, str]


def calendar(folds: Sequence[Mapping[str, Any]]) -> WalkCalendar | None:
    if not folds:
        return None
    first = min(date.fromisoformat(fold["train"][0]) for fold in folds)
    last = max(date.fromisoformat(fold["test"][1]) for fold in folds)
    scale = (_WIDTH - _LEFT) / ((last - first).days + 1)
    bars, names = [], []
    for row, fold in enumerate(folds):
        y = _TOP + row * _ROW
        names.append((y, str(fold["as_of"])))
        for kind in ("train", "validate", "test"):
            start, end = map(date.fromisoformat, fold[kind])
            x = _LEFT + (start - first).days * scale
            words = f"{kind} {start} to {end}"
            bars.append(Bar(round(x, 1), y, round(((end - start).days + 1) * scale, 1), kind, words))
        for text in fold["spent"]:
            day = date.fromisoformat(text)
            x = _LEFT + (day - first).days * scale
            bars.append(Bar(round(x, 1), y, round(max(scale, 2), 1), "spent", f"{day} is spent"))
    height = _TOP + len(folds) * _ROW + 6
    return WalkCalendar(_WIDTH, height, tuple(bars), tuple(names), (str(first), str(last)))
