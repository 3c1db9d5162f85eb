from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.modeling.report.svg import Plot, padded, round_values, thinned


def test_data_lands_on_its_pixels() -> None:
    plot = Plot(200, 100, (0.0, 10.0), (-1.0, 1.0), left=20, right=0, top=0, bottom=0)
    assert plot.at(0, -1) == (20.0, 100.0)
    assert plot.at(10, 1) == (200.0, 0.0)
    assert plot.at(5, 0) == (110.0, 50.0)


def test_a_range_without_length_divides_by_nothing() -> None:
    assert Plot(100, 100, (3.0, 3.0), (0.0, 0.0)).at(3.0, 0.0)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 8))
def test_axis_values_are_inside_and_about_as_many_as_asked(low: float, size: float, count: int) -> None:
    values = round_values(low, low + size, count)
    assert len(values) <= count + 1
    assert all(low - 1e-6 * size <= value <= low + size + 1e-6 * size for value in values)
    assert values == sorted(set(values))


def test_zero_is_always_in_sight() -> None:
    assert padded([5.0, 10.0])[0] == 0.0
    assert padded([-5.0, -10.0])[1] == 0.0
    assert padded([]) == (0.0, 0.0) or padded([])[0] == 0.0


def test_words_cannot_break_the_picture() -> None:
    plot = Plot(100, 100, (0.0, 1.0), (0.0, 1.0))
    plot.dot(0.5, 0.5, 3, '<script>"&')
    plot.text(1, 1, "</text>")
    plot.bar(0.1, 0.2, 0.0, 1.0, "#fff", "<b>")
    root = ElementTree.fromstring(plot.svg('a "name" <x>'))
    assert root.get("aria-label") == 'a "name" <x>'
    assert [each.tag for each in root] == ["circle", "text", "rect"]


def test_a_line_keeps_its_points_in_order() -> None:
    plot = Plot(100, 100, (0.0, 2.0), (0.0, 1.0), left=0, right=0, top=0, bottom=0)
    plot.line([(0, 0), (1, 1), (2, 0)], "#000")
    plot.y_axis()
    plot.x_labels([(1.0, "one")])
    root = ElementTree.fromstring(plot.svg("line"))
    assert root[0].get("points") == "0.0,100.0 50.0,0.0 100.0,100.0"
    assert root[-1].text == "one"
    assert root[-1].get("x") == pytest.approx("50.0")


@given(
    st.lists(st.tuples(st.floats(0, 1e3), st.floats(-1e3, 1e3)), min_size=9, max_size=90), st.integers(1, 4)
)
def test_a_thinned_line_keeps_its_ends_and_extremes_in_order(
    drawn: list[tuple[float, float]], columns: int
) -> None:
    points = sorted(drawn, key=lambda point: point[0])
    kept = thinned(points, columns)
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]
    assert {pick(y for _, y in kept) for pick in (min, max)} == {
        pick(y for _, y in points) for pick in (min, max)
    }
    assert len(kept) <= max(4 * (columns + 1), 1)
    rest = iter(points)
    assert all(point in rest for point in kept), "in the order of the line"


def test_a_short_line_stays_as_it_is() -> None:
    assert thinned([(0.0, 1.0), (1.0, 2.0)], 10) == [(0.0, 1.0), (1.0, 2.0)]


def test_a_bar_has_an_area_whichever_way_the_axes_run() -> None:
    plot = Plot(100, 100, (0.0, 1.0), (4.0, 0.0), left=0, right=0, top=0, bottom=0)
    plot.bar(0.0, 0.5, 1.0, 2.0, "var(--line)")
    (rect,) = ElementTree.fromstring(plot.svg("bar")).findall("rect")
    assert [rect.get(name) for name in ("x", "y", "width", "height")] == ["0.0", "25.0", "50.0", "25.0"]
