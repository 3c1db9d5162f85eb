"""Charts as inline SVG markup: no library, no script, nothing to load; the same numbers give the same text.

Values get in by `Markup.format` alone, which escapes them as the page's templates do. Colours are the page's
variables, so that a chart is light or dark with the page around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil, floor, log10

from markupsafe import Markup

INK, FAINT, RULE, PAPER = "var(--ink)", "var(--faint)", "var(--rule)", "var(--paper)"
WIDE, NARROW = 900, 400
"""Pixels across that a chart is drawn for: a page, and a telephone, where a wide one's words could not be read."""
LINE, BAND, GAIN, LOSS = "var(--line)", "var(--band)", "var(--gain)", "var(--loss)"

_PICTURE = Markup('<svg viewBox="0 0 {width} {height}" role="img" aria-label="{name}">{parts}</svg>')
_RECTANGLE = Markup(
    '<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}" fill-opacity="{opacity:.2f}">'
    "<title>{title}</title></rect>"
)
_CURVE = Markup(
    '<polyline points="{points}" fill="none" stroke="{stroke}" stroke-width="{width}" '
    'stroke-opacity="{opacity:.2f}" stroke-linejoin="round"/>'
)
_AREA = Markup('<polygon points="{points}" fill="{fill}" fill-opacity="0.55"/>')
_DOT = Markup(
    '<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="{fill}" fill-opacity="{opacity:.2f}">'
    "<title>{title}</title></circle>"
)
_ACROSS = Markup('<line x1="{left}" x2="{right}" y1="{y}" y2="{y}" stroke="{stroke}"/>')
_WORDS = Markup('<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{fill}">{words}</text>')
_UPRIGHT_WORDS = Markup(
    '<text transform="translate(11 {y}) rotate(-90)" text-anchor="middle" fill="{fill}">{words}</text>'
)


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
    parts: list[Markup] = field(default_factory=list)

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
        self._draw(
            _RECTANGLE,
            x=min(x1, x2),
            y=min(y1, y2),
            width=round(abs(x2 - x1), 1),
            height=round(abs(y2 - y1), 1),
            fill=fill,
            opacity=opacity,
            title=title,
        )

    def line(
        self, points: Iterable[tuple[float, float]], stroke: str, width: float = 1.6, opacity: float = 1.0
    ) -> None:
        self._draw(_CURVE, points=self._path(points), stroke=stroke, width=width, opacity=opacity)

    def area(self, points: Sequence[tuple[float, float]], fill: str) -> None:
        """Fill between a line and zero."""
        outline = [(points[0][0], 0.0), *points, (points[-1][0], 0.0)]
        self._draw(_AREA, points=self._path(outline), fill=fill)

    def dot(self, x: float, y: float, radius: float, title: str, opacity: float = 0.8) -> None:
        across, down = self.at(x, y)
        self._draw(_DOT, x=across, y=down, radius=radius, fill=LINE, opacity=opacity, title=title)

    def text(self, x: float, y: float, words: str, anchor: str = "middle", colour: str = FAINT) -> None:
        """Words at a pixel."""
        self._draw(_WORDS, x=x, y=y, anchor=anchor, fill=colour, words=words)

    def y_axis(self, count: int = 4) -> None:
        """Rules and numbers at round values."""
        for value in round_values(*self.y, count):
            left, down = self.at(self.x[0], value)
            right, _ = self.at(self.x[1], value)
            self._draw(_ACROSS, left=left, right=right, y=down, stroke=FAINT if value == 0 else RULE)
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
        self._draw(_UPRIGHT_WORDS, y=down, fill=FAINT, words=title)

    def svg(self, name: str) -> Markup:
        """The finished element; `name` is what a screen reader says."""
        parts = Markup("").join(self.parts)
        return _PICTURE.format(width=self.width, height=self.height, name=name, parts=parts)

    def _draw(self, element: Markup, **values: object) -> None:
        self.parts.append(element.format(**values))

    def _path(self, points: Iterable[tuple[float, float]]) -> str:
        return " ".join(f"{x},{y}" for x, y in (self.at(*point) for point in points))


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
