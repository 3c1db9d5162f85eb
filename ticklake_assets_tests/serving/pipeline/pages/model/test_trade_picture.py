"""A trade's picture on a real lake: its quotes, and the barriers that decided it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from serving.pipeline.pages.model.figures import thinned
from serving.pipeline.pages.model.trade_picture import picture_of
from serving.pipeline.pages.model.trades import signal_us
from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.orders import DAY_END, NO_ENTRY, STOP, TARGET, TIME
from ticklake_assets.modeling.report.trades import TradeLine
from ticklake_assets.research.lake import Lake
from ticklake_assets_tests.research.homes import SYNTHETIC, synthetic_lake

ENDED = {TARGET: "target", STOP: "stop", TIME: "time", DAY_END: "day end"}
DAY = SYNTHETIC[0]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with synthetic_lake(tmp_path_factory.mktemp("pictured") / "home") as lake:
        yield lake


@pytest.fixture(scope="module")
def trades(lake: Lake) -> list[TradeLine]:
    """What the labels' long orders would have been, as trades."""
    day = DAY.trading_day
    rows = lake.labels(DAY.symbol, day, day).to_arrow().to_pylist()
    return [_trade(row) for row in rows if row["long_outcome"] != NO_ENTRY]


def _trade(row: dict[str, object]) -> TradeLine:
    told = dict.fromkeys(TradeLine._fields, 0.0) | {"as_of": DAY.trading_day, "side": "long", "why": ""}
    told |= {
        "signal": row["ts_event"].isoformat(),  # type: ignore[attr-defined]
        "entry_time": _at(row["long_entry_us"]),
        "entry": row["long_entry"],
        "exit_time": _at(row["long_exit_us"]),
        "exit": row["long_exit"],
        "ended": ENDED[row["long_outcome"]],  # type: ignore[index]
    }
    return TradeLine(**told)  # type: ignore[arg-type]


def _at(ts_us: object) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(ts_us))).isoformat()  # type: ignore[call-overload]


def test_the_barriers_are_those_that_ended_the_trade(lake: Lake, trades: list[TradeLine]) -> None:
    costs = lake.instrument(DAY.symbol).costs
    for trade in (next(each for each in trades if each.ended == ended) for ended in ("target", "stop")):
        picture = picture_of(lake, trade, DAY.symbol, costs)
        assert picture.order is not None
        assert picture.order.stop < trade.entry < picture.order.target
        if trade.ended == "target":
            assert trade.exit >= picture.order.target
        else:
            assert trade.exit <= picture.order.stop
        assert datetime.fromisoformat(trade.entry_time).timestamp() * 1e6 >= picture.order.earliest_entry_us


def test_the_quotes_lie_around_the_trade_and_hold_its_prices(lake: Lake, trades: list[TradeLine]) -> None:
    trade = trades[len(trades) // 2]
    figures = picture_of(lake, trade, DAY.symbol, lake.instrument(DAY.symbol).costs).figures
    at, bid, ask, *_ = figures.columns
    assert at == sorted(at)
    assert at[0] < signal_us(trade) / 1e6 < datetime.fromisoformat(trade.exit_time).timestamp() < at[-1]
    assert trade.entry in ask
    assert trade.exit in bid
    assert [series.label for series in figures.series] == ["bid", "ask", "entry", "target", "stop"]
    assert all(len(column) == len(at) for column in figures.columns)
    assert [mark.x for mark in figures.marks] == sorted(mark.x for mark in figures.marks)


def test_an_event_that_gold_has_no_more_is_said_and_the_quotes_stay(
    lake: Lake, trades: list[TradeLine]
) -> None:
    moved = datetime.fromisoformat(trades[5].signal) + timedelta(microseconds=1)
    picture = picture_of(
        lake, trades[5]._replace(signal=moved.isoformat()), DAY.symbol, lake.instrument(DAY.symbol).costs
    )
    assert picture.order is None
    assert "Gold has no event of SYNEUR" in picture.problem
    assert [series.label for series in picture.figures.series] == ["bid", "ask", "entry"]


def test_a_day_that_the_lake_has_no_more_is_missing(lake: Lake, trades: list[TradeLine]) -> None:
    with pytest.raises(MissingDataError):
        picture_of(
            lake,
            trades[0]._replace(signal="2023-01-02T00:00:00+00:00"),
            DAY.symbol,
            lake.instrument(DAY.symbol).costs,
        )


def test_a_thinned_series_keeps_its_ends_and_its_extremes() -> None:
    low = [float((7 * step) % 1009) for step in range(10_000)]
    kept = thinned(low, low, 300)
    assert len(kept) <= 310
    assert kept[0] == 0
    assert kept[-1] == 9_999
    assert {low[at] for at in kept} >= {min(low), max(low)}
    assert thinned(low[:300], low[:300], 300) == list(range(300))
