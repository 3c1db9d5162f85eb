"""Charts of under a thousand characters: that much Markdown Dagster's UI shows at once, and more behind a click.

An SVG of whole pixels whose paths are relative, so that a point takes four characters. What is exact stands in words.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np

from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.trading.simulation import Trade, equity, falls

MOST_CHARACTERS = 1000
WIDTH, HEIGHT = 320, 76
"""Pixels of what is drawn; under it is a line of text."""
LINE, SOFT, LOSS = "#27a", "#999", "#b53"
"""The subject, what is behind it, and what was lost."""
_POINTS = 40
_TEXT = 12


def chart(words: str, paths: Iterable[tuple[str, str]], bars: str = "") -> str:
    """Markdown of bars and of paths, each with its colour, above words."""
    drawn = f'<path stroke="{LINE}" stroke-width="9" d="{bars}"/>' if bars else ""
    drawn += "".join(f'<path stroke="{color}" d="{path}"/>' for path, color in paths if path)
    size = f'width="{WIDTH}" height="{HEIGHT + _TEXT}"'
    text = f'<text y="{HEIGHT + _TEXT - 2}" font-size="11" fill="#888">{words}</text>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><g fill="none">{drawn}</g>{text}</svg>'
    markdown = f"![{words}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"
    assert len(markdown) < MOST_CHARACTERS, f"{len(markdown)} characters are not shown at once"
    return markdown


def line(x: Sequence[float] | Floats, y: Sequence[float] | Floats) -> str:
    """A path through pixels, y from above; a point without a number is a gap."""
    pieces: list[list[tuple[int, int]]] = [[]]
    for here in zip(x, y, strict=True):
        if np.isnan(here).any():
            pieces.append([])
        else:
            pieces[-1].append((round(here[0]), round(here[1])))
    return "".join(_piece(points) for points in pieces if points)


def _piece(points: Sequence[tuple[int, int]]) -> str:
    (left, top), steps = points[0], pairwise(points)
    moves = " ".join(f"{there[0] - here[0]}{there[1] - here[1]:+d}" for here, there in steps)
    return f"M{left} {top}" + (f"l{moves}" if moves else "h2")


def rows_of(values: Sequence[float] | Floats, low: float, high: float) -> Floats:
    """Values as pixels from above, `high` at the top."""
    span = high - low or 1.0
    return np.asarray((high - np.asarray(values, dtype=float)) / span * (HEIGHT - 2) + 1, dtype=float)


def equity_sketch(trades: Sequence[Trade], pip: float) -> str:
    """Equity after each trade, and below zero how far it fell: as deep as the gates' `drawdown_pips`."""
    if not trades:
        return "no trade"
    curve, fall = equity(trades) / pip, falls(trades) / pip
    closed = np.concatenate([[0.0], curve[1::2]])
    low, high = min(float(closed.min()), -float(fall.max())), max(float(closed.max()), 0.0)
    net, sunk = _thinned(closed, lambda part: part[-1]), -_thinned(fall, np.max)
    words = f"{len(trades)} trades: {closed[-1]:+.6g} pips net, {fall.max():.6g} drawdown"
    return chart(
        words,
        [
            (line([0, WIDTH], rows_of([0.0, 0.0], low, high)), SOFT),
            (line(_columns(sunk), rows_of(sunk, low, high)), LOSS),
            (line(_columns(net), rows_of(net, low, high)), LINE),
        ],
    )


def calibration_sketch(stated: Sequence[float], observed: Sequence[float]) -> str:
    """Observed frequency over stated probability, a point a bin; on the diagonal what was stated came true."""
    order = np.argsort(stated)
    x, y = np.asarray(stated, dtype=float)[order], np.asarray(observed, dtype=float)[order]
    top = max(0.5, *x, *y)
    return chart(
        f"observed over stated, 0 to {top:.2f}",
        [
            (line([0, 2 * HEIGHT], rows_of([0.0, top], 0.0, top)), SOFT),
            (line(x / top * 2 * HEIGHT, rows_of(y, 0.0, top)), LINE),
        ],
    )


def _thinned(values: Floats, pick: Callable[[Floats], float]) -> Floats:
    """At most as many values as are drawn: of each of equal parts the one that `pick` picks."""
    if len(values) <= _POINTS:
        return values
    edges = np.linspace(0, len(values), _POINTS + 1).astype(int)
    return np.array([pick(values[start:end]) for start, end in pairwise(edges)])


def _columns(values: Floats) -> Floats:
    return np.linspace(0, WIDTH, len(values))
