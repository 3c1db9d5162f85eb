from __future__ import annotations

from collections.abc import Sequence

import pytest

from ticklake_assets.core.orders import LONG, SHORT
from ticklake_assets.modeling.judging.concentration import concentration
from ticklake_assets.modeling.trading.simulation import Trade

HOUR_US = 3_600_000_000


def trade(side: int, hour: int, pips: float) -> Trade:
    net = pips * 1e-4
    return Trade(
        signal_us=hour * HOUR_US, side=side, entry_us=hour * HOUR_US, entry=1.0, exit_us=hour * HOUR_US + 1, exit=1.0,
        outcome=1, slippage=0.0, commission=0.0, markup=0.0, swap=0.0, net=net, worst=net, best=net, fall=0.0,
    )  # fmt: skip


def both(hour: int, pips: float) -> list[Trade]:
    return [trade(side, hour, pips) for side in (LONG, SHORT)]


SPREAD = [trade(side, hour, 2.0) for side in (LONG, SHORT) for hour in (3, 9, 13)]


@pytest.mark.parametrize(
    ("trades", "told"),
    [
        (SPREAD, []),
        ([], []),
        ([trade(LONG, 8, -1.0)], []),  # no profit that could live from anything
        (
            [*SPREAD, trade(SHORT, 11, -7.0)],
            ["All of the profit is of long positions: the 4 short ones earned -1.0"],
        ),
        (
            [*(trade(LONG, hour, 8.0) for hour in (3, 9, 13)), trade(SHORT, 11, 1.0)],
            ["96% of the profit is of long positions: the 1 short ones earned +1.0 pips."],
        ),
        (
            [trade(SHORT, hour, 1.0) for hour in (3, 9)],
            ["All of the profit is of short positions: the 0 long ones"],
        ),
        (
            [*both(3, 5.0), *both(4, -4.0), *both(9, 1.5), *both(13, 1.0)],
            ["All of the profit is of one hour, 03:00 to 04:00 UTC: the others earned -3.0 pips."],
        ),
        (
            [*both(8, 3.0), *both(9, 3.0), *both(13, -2.0), *both(16, -0.5)],
            ["All of the profit is of one session, London, 07:00 to 12:00 UTC: the others earned -5.0 pips."],
        ),
        (
            [*both(12, 2.0), *both(15, 3.0)],  # it traded in no other
            [
                "All of the profit is of one session, overlap, 12:00 to 16:00 UTC: the others earned +0.0 pips."
            ],
        ),
        (
            both(8, 2.0),
            [
                "All of the profit is of one session, London, 07:00 to 12:00 UTC: the others earned +0.0 pips.",
                "All of the profit is of one hour, 08:00 to 09:00 UTC: the others earned +0.0 pips.",
            ],
        ),
    ],
)
def test_a_profit_that_lives_from_one_side_session_or_hour_says_so(
    trades: Sequence[Trade], told: list[str]
) -> None:
    said = concentration(trades, 1e-4)
    assert len(said) == len(told)
    assert all(sentence.startswith(start) for sentence, start in zip(said, told, strict=True))
