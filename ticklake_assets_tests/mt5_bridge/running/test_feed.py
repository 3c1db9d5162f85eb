from __future__ import annotations

from datetime import date
from typing import cast

import pytest

from mt5_bridge.errors import TerminalError
from mt5_bridge.running.feed import Feed
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.trading.words import Quote
from mt5_bridge.wire.contract import Tick
from ticklake_assets_tests.mt5_bridge.running.played_market import PlayedMarket
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import CLOCK, at

_DAY_US = round(at("2024-01-17 00:00").timestamp() * 1e6)


def _quotes(*milliseconds: int) -> list[Quote]:
    """A point apart, at so many milliseconds of the day."""
    return [
        Quote(_DAY_US + ms * 1000, n, 1.1 + n / 1e5, 1.2 + n / 1e5)
        for n, ms in enumerate(milliseconds, start=1)
    ]


def _feed(market: PlayedMarket) -> Feed:
    return Feed(cast("RunningMt5", market), "EURUSD", CLOCK, date(2024, 1, 17))


def _ticks(quotes: list[Quote]) -> list[Tick]:
    return [Tick(n, q.ts_us, q.bid, q.ask, None, None) for n, q in enumerate(quotes, start=1)]


@pytest.mark.parametrize("step", [1, 2, 3, 8])
def test_each_tick_comes_once_in_utc_however_often_the_terminal_is_asked(step: int) -> None:
    quotes = _quotes(0, 0, 999, 1000, 1000, 1000, 1001, 61_000)
    market = PlayedMarket(quotes=quotes, shown=0)
    feed, found = _feed(market), []
    while market.shown < len(quotes):
        market.shown = min(market.shown + step, len(quotes))
        found += [*feed.poll(), *feed.poll()]
    assert found == _ticks(quotes)


def test_a_feed_begins_with_its_day() -> None:
    quotes = _quotes(-7_200_000, -1, 0, 5)
    assert _feed(PlayedMarket(quotes=quotes, shown=4)).poll() == _ticks(quotes[2:])


def test_a_side_that_did_not_change_is_that_of_the_tick_before() -> None:
    quotes = _quotes(-10, 5, 6)
    market = PlayedMarket(quotes=quotes, shown=3)
    market.ticks["bid"][1] = 0.0
    market.ticks["flags"][1] = market.TICK_FLAG_ASK
    market.ticks["ask"][2] = 0.0
    market.ticks["flags"][2] = market.TICK_FLAG_BID
    first, second = _feed(market).poll()
    assert (first.bid, first.ask) == (quotes[0].bid, quotes[1].ask), (
        "from before the day, where none was of it"
    )
    assert (second.bid, second.ask) == (quotes[2].bid, quotes[1].ask)


def test_a_terminal_without_an_answer_is_said() -> None:
    market = PlayedMarket(quotes=_quotes(1), is_dead=True)
    with pytest.raises(TerminalError, match=r"Expected ticks of EURUSD since .* was error -10004"):
        _feed(market).poll()
