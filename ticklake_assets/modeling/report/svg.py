"""Charts as inline SVG text: no library, no script, nothing to load; the same numbers give the same text.

Colours are the page's variables, so that a chart is light or dark with the page around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from math import ceil, floor, log10

INK, FAINT, RULE, PAPER = "var(--ink)", "var(--faint)", "var(--rule)", "var(--paper)"
LINE, BAND, GAIN, LOSS = "var(--line)", "var(--band)", "var(--gain)", "var(--loss)"


@dataclass
class Plot:
    """A drawing area in data units with an axis on the left and below; pixels grow to the right and down."""

    width: int
    height: int
    x: tuple[float, float]
    y: tuple[float, float]
    left: int = 56
    right: int = 12
    top: int = 10
    bottom: int = 24
    parts: list[str] = field(default_factory=list)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixel of a data point."""
        across = (x - self.x[0]) / ((self.x[1] - self.x[0]) or 1.0)
        up = (y - self.y[0]) / ((self.y[1] - self.y[0]) or 1.0)
        wide, high = self.width - self.left - self.right, self.height - self.top - self.bottom
        return round(self.left + across * wide, 1), round(self.top + (1 - up) * high, 1)

    def band(self, start: float, end: float, fill: str, title: str) -> None:
        """Shade the whole height between two x values."""
        self.bar(start, end, self.y[0], self.y[1], fill, title)

    def bar(
        self,
        start: float,
        end: float,
        low: float,
        high: float,
        fill: str,
        title: str = "",
        opacity: float = 1.0,
    ) -> None:
        """A rectangle between two data points, whichever way the axes run."""
        (x1, y1), (x2, y2) = self.at(start, low), self.at(end, high)
        left, top = min(x1, x2), min(y1, y2)
        size = f'width="{round(abs(x2 - x1), 1)}" height="{round(abs(y2 - y1), 1)}"'
        self.parts.append(
            f'<rect x="{left}" y="{top}" {size} fill="{fill}" fill-opacity="{opacity:.2f}">'
            f"<title>{escape(title)}</title></rect>"
        )

    def line(
        self, points: Iterable[tuple[float, float]], stroke: str, width: float = 1.6, opacity: float = 1.0
    ) -> None:
        path = " ".join(f"{x},{y}" for x, y in (self.at(*point) for point in points))
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{stroke}" stroke-width="{width}" '
            f'stroke-opacity="{opacity:.2f}" stroke-linejoin="round"/>'
        )

    def area(self, points: Sequence[tuple[float, float]], fill: str) -> None:
        """Fill between a line and zero."""
        outline = [(points[0][0], 0.0), *points, (points[-1][0], 0.0)]
        path = " ".join(f"{x},{y}" for x, y in (self.at(*point) for point in outline))
        self.parts.append(f'<polygon points="{path}" fill="{fill}" fill-opacity="0.55"/>')

    def dot(self, x: float, y: float, radius: float, title: str, opacity: float = 0.8) -> None:
        across, down = self.at(x, y)
        self.parts.append(
            f'<circle cx="{across}" cy="{down}" r="{radius:.1f}" fill="{LINE}" fill-opacity="{opacity:.2f}">'
            f"<title>{escape(title)}</title></circle>"
        )

    def text(self, x: float, y: float, words: str, anchor: str = "middle", colour: str = FAINT) -> None:
        """Words at a pixel."""
        self.parts.append(
            f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'
        )

    def y_axis(self, count: int = 4) -> None:
        """Rules and numbers at round values."""
        for value in round_values(*self.y, count):
            left, down = self.at(self.x[0], value)
            right, _ = self.at(self.x[1], value)
            colour = FAINT if value == 0 else RULE
            self.parts.append(f'<line x1="{left}" x2="{right}" y1="{down}" y2="{down}" stroke="{colour}"/>')
            self.text(self.left - 6, down + 4, f"{value:,.6g}", "end")

    def x_labels(self, labels: Iterable[tuple[float, str]]) -> None:
        for value, words in labels:
            self.text(self.at(value, 0)[0], self.height - self.bottom + 17, words)

    def x_axis(self, labels: Iterable[tuple[float, str]], title: str) -> None:
        """Labels and, right below them, what they are."""
        self.x_labels(labels)
        self.text(self.width - self.right, self.height - 4, title, "end")

    def y_title(self, title: str) -> None:
        """What the numbers on the left are, upright beside them."""
        down = (self.top + self.height - self.bottom) / 2
        self.parts.append(
            f'<text transform="translate(11 {down}) rotate(-90)" text-anchor="middle" fill="{FAINT}">'
            f"{escape(title)}</text>"
        )

    def svg(self, name: str) -> str:
        """The finished element; `name` is what a screen reader says."""
        box = f"0 0 {self.width} {self.height}"
        return f'<svg viewBox="{box}" role="img" aria-label="{escape(name)}">{"".join(self.parts)}</svg>'


def thinned(points: Sequence[tuple[float, float]], columns: int) -> list[tuple[float, float]]:
    """A line that looks the same in a picture so many pixels wide: of each column its ends and its extremes.

    Points are in the order of x; a year of trades would be a megabyte of text otherwise.
    """
    if len(points) <= 4 * columns:
        return list(points)
    start, width = points[0][0], (points[-1][0] - points[0][0]) or 1.0
    kept: list[tuple[float, float]] = []
    for _, group in groupby(points, lambda point: int((point[0] - start) / width * columns)):
        column = list(enumerate(group))
        wanted = {0, len(column) - 1}
        wanted |= {pick(column, key=lambda each: each[1][1])[0] for pick in (min, max)}
        kept.extend(column[at][1] for at in sorted(wanted))
    return kept


def round_values(low: float, high: float, count: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten inside [low, high], about `count` of them.

    >>> round_values(-3, 17, 4)
    [0.0, 5.0, 10.0, 15.0]
    """
    if high <= low:
        return [low]
    rough = (high - low) / count
    power = 10.0 ** floor(log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    return [round(index * step, 10) for index in range(ceil(low / step), floor(high / step) + 1)]


def padded(values: Iterable[float], share: float = 0.06) -> tuple[float, float]:
    """Range of values with zero inside and some air at both ends."""
    seen = [0.0, *values]
    low, high = min(seen), max(seen)
    air = (high - low) * share or 1.0
    return (low - air if low < 0 else 0.0), (high + air if high > 0 else 0.0)
