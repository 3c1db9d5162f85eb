from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from ticklake_assets.modeling.report.sketch import (
    HEIGHT,
    LINE,
    LOSS,
    MOST_CHARACTERS,
    SOFT,
    WIDTH,
    calibration_sketch,
    equity_sketch,
    line,
)
from ticklake_assets.modeling.trading.simulation import Trade

PIP = 1e-4
SVG = "{http://www.w3.org/2000/svg}"
HOUR_US = 3_600_000_000
FIRST_HOUR = 473_352  # 2024-01-01 00:00 UTC


def trades(nets: list[float], worsts: list[float] | None = None) -> list[Trade]:
    """A trade an hour; its worst is its end where none is given."""
    return [
        Trade(
            signal_us=hour * HOUR_US,
            side=1,
            entry_us=hour * HOUR_US,
            entry=1.1,
            exit_us=(hour + 1) * HOUR_US,
            exit=1.1 + net * PIP,
            outcome=1,
            slippage=0.0,
            commission=0.0,
            markup=0.0,
            swap=0.0,
            net=net * PIP,
            worst=min(net, worst) * PIP,
            best=max(net, 0.0) * PIP,
            fall=max(0.0, -min(net, worst)) * PIP,
        )
        for hour, (net, worst) in enumerate(zip(nets, worsts or nets, strict=True), FIRST_HOUR)
    ]


def svg(markdown: str) -> ElementTree.Element:
    """The picture, which Dagster's UI shows without a click."""
    assert len(markdown) < MOST_CHARACTERS
    found = re.fullmatch(r"!\[[^\]]+\]\(data:image/svg\+xml;base64,(.+)\)", markdown)
    assert found is not None
    return ElementTree.fromstring(base64.b64decode(found[1]))


def paths(markdown: str) -> dict[str, str]:
    return {path.get("stroke", ""): path.get("d", "") for path in svg(markdown).iter(f"{SVG}path")}


def ends_of(path: str) -> list[tuple[int, int]]:
    """Pixels of a path of one piece."""
    start, _, moves = path.removeprefix("M").partition("l")
    x, y = map(int, start.split())
    found = [(x, y)]
    for right, down in re.findall(r"(\d+)([+-]\d+)", moves):
        x, y = x + int(right), y + int(down)
        found.append((x, y))
    return found


@pytest.mark.parametrize("count", [1, 2, 60, 5_000])
def test_equity_is_small_enough_to_be_shown_and_the_same_each_time(count: int) -> None:
    nets = np.random.default_rng(1).normal(5, 40, count).tolist()
    shown = equity_sketch(trades(nets), PIP)
    drawn = ends_of(paths(shown)[LINE])
    assert (drawn[0][0], drawn[-1][0]) == (0, WIDTH)
    assert all(0 <= y <= HEIGHT for _, y in drawn)
    assert f"{count} trades: {sum(nets):+.6g} pips net" in shown
    assert equity_sketch(trades(nets), PIP) == shown


def test_more_is_drawn_higher_and_zero_lies_where_it_is() -> None:
    drawn = paths(equity_sketch(trades([10.0, -30.0, 50.0]), PIP))
    (_, zero), _ = ends_of(drawn[SOFT])
    heights = [zero - y for _, y in ends_of(drawn[LINE])]
    assert heights[0] == 0
    assert heights[2] < 0 < heights[1] < heights[3]


def test_a_fall_that_the_trade_recovered_is_drawn() -> None:
    nets = [5.0, 5.0, 5.0]
    deep = equity_sketch(trades(nets, [5.0, -60.0, 5.0]), PIP)
    assert deep != equity_sketch(trades(nets), PIP)
    assert "60 drawdown" in deep
    assert max(y for _, y in ends_of(paths(deep)[LOSS])) >= HEIGHT - 1


def test_without_a_trade_there_is_nothing_to_draw() -> None:
    assert equity_sketch([], PIP) == "no trade"


def test_calibration_on_the_diagonal_is_calibrated() -> None:
    drawn = paths(calibration_sketch([0.5, 0.1, 0.3], [0.5, 0.1, 0.3]))
    (left, bottom), (right, top) = ends_of(drawn[SOFT])
    for x, y in ends_of(drawn[LINE]):
        assert y == pytest.approx(bottom + (x - left) / (right - left) * (top - bottom), abs=1)
    crowded = np.linspace(0, 1, 30).tolist()
    assert svg(calibration_sketch(crowded, crowded[::-1])) is not None


def test_a_gap_parts_a_line_and_a_lone_point_is_seen() -> None:
    assert line([0, 10, 20, 30, 40], [1, 2, np.nan, 4, np.nan]) == "M0 1l10+1M30 4h2"
    assert line([0, 1], [np.nan, np.nan]) == ""
