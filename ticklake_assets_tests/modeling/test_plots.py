from __future__ import annotations

import struct
import sys
from datetime import date, timedelta

import numpy as np

from ticklake_assets.modeling.plots import calibration_png, equity_png

DAYS = [date(2024, 1, 1) + timedelta(days=offset) for offset in range(60)]


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return int(width), int(height)


def test_equity_is_a_small_picture_and_the_same_each_time() -> None:
    nets = np.random.default_rng(1).normal(5, 40, 60).tolist()
    png = equity_png(nets, DAYS)
    assert size(png) == (576, 288)
    assert len(png) < 15_000
    assert equity_png(nets, DAYS) == png != equity_png(nets[::-1], DAYS)


def test_a_single_day_and_no_fall_are_drawn_too() -> None:
    assert size(equity_png([3.0], DAYS[:1])) == (576, 288)
    assert size(equity_png([], [])) == (576, 288)


def test_calibration_is_a_small_picture() -> None:
    png = calibration_png([0.1, 0.3, 0.5], [0.12, 0.28, 0.55], [0.4, 0.4, 0.2])
    assert size(png) == (576, 288)
    assert len(png) < 15_000


def test_no_global_state_is_touched() -> None:
    assert "matplotlib.pyplot" not in sys.modules
