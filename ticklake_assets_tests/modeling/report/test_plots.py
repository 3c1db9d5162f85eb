from __future__ import annotations

import struct
import sys

import numpy as np

from ticklake_assets.modeling.report.plots import calibration_png, equity_png
from ticklake_assets.modeling.trading.simulation import Trade

PIP = 1e-4
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


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return int(width), int(height)


def test_equity_is_a_small_picture_and_the_same_each_time() -> None:
    nets = np.random.default_rng(1).normal(5, 40, 60).tolist()
    png = equity_png(trades(nets), PIP)
    assert size(png) == (576, 288)
    assert len(png) < 15_000
    assert equity_png(trades(nets), PIP) == png != equity_png(trades(nets[::-1]), PIP)


def test_a_fall_that_the_trade_recovered_is_drawn() -> None:
    nets = [5.0, 5.0, 5.0]
    assert equity_png(trades(nets), PIP) != equity_png(trades(nets, [5.0, -60.0, 5.0]), PIP)


def test_a_single_trade_and_none_are_drawn_too() -> None:
    assert size(equity_png(trades([3.0]), PIP)) == (576, 288)
    assert size(equity_png([], PIP)) == (576, 288)


def test_calibration_is_a_small_picture() -> None:
    png = calibration_png([0.1, 0.3, 0.5], [0.12, 0.28, 0.55], [0.4, 0.4, 0.2])
    assert size(png) == (576, 288)
    assert len(png) < 15_000


def test_no_global_state_is_touched() -> None:
    assert "matplotlib.pyplot" not in sys.modules
