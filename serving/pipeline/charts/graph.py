"""A layered graph as geometry: each node stands in the column of its depth, edges run from column to column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 210, 46
_GAP_X, _GAP_Y, _MARGIN = 60, 14, 8


@dataclass(frozen=True)
class Box:
    """A node at its place; `at` is its index in what was given."""

    at: int
    x: int
    y: int


@dataclass(frozen=True)
class Drawn:
    width: int
    height: int
    boxes: tuple[Box, ...]
    paths: tuple[str, ...]
    """SVG path data of the edges."""


def layered(depths: Sequence[int], edges: Sequence[tuple[int, int]]) -> Drawn:
    """Place nodes by depth, in their order, each column centred on the tallest; edges are pairs of indices."""
    columns: dict[int, list[int]] = {}
    for at, depth in enumerate(depths):
        columns.setdefault(depth, []).append(at)
    tallest = max(map(len, columns.values()), default=0)
    height = tallest * (HEIGHT + _GAP_Y) - _GAP_Y + 2 * _MARGIN
    boxes: dict[int, Box] = {}
    for depth, column in columns.items():
        top = (height - len(column) * (HEIGHT + _GAP_Y) + _GAP_Y) // 2
        for row, at in enumerate(column):
            boxes[at] = Box(at, _MARGIN + depth * (WIDTH + _GAP_X), top + row * (HEIGHT + _GAP_Y))
    width = (max(columns, default=0) + 1) * (WIDTH + _GAP_X) - _GAP_X + 2 * _MARGIN
    paths = tuple(_path(boxes[one], boxes[other]) for one, other in edges)
    return Drawn(width, height, tuple(boxes[at] for at in sorted(boxes)), paths)


def _path(one: Box, other: Box) -> str:
    x, y = one.x + WIDTH, one.y + HEIGHT // 2
    to_x, to_y, half = other.x, other.y + HEIGHT // 2, (other.x - one.x - WIDTH) // 2
    return f"M{x} {y}C{x + half} {y} {to_x - half} {to_y} {to_x} {to_y}"
