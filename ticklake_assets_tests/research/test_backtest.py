"""Signals of a user against the product's own decisions, its labels, and quotes that the user could not know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.orders import latency_us
from ticklake_assets.core.tables import Quotes
from ticklake_assets.modeling.deployed.decision import MarketEvent, Prediction, Thresholds, decide
from ticklake_assets.modeling.trading.simulation import DayRun, simulate_day
from ticklake_assets.research import Backtest, simulate
from ticklake_assets.research.backtest import Figures
from ticklake_assets.research.lake import Lake
from ticklake_assets.storage.gold.rows import day_features
from ticklake_assets.storage.partitions.tick_rows import quotes_of
from ticklake_assets_tests.core.quote_builders import random_quotes
from ticklake_assets_tests.research.homes import SYNTHETIC

DAY = SYNTHETIC[0]
FIRST, LAST = (str(day.trading_day) for day in SYNTHETIC)
KNOWN = instrument_of("SYNEUR")
SECOND = 1_000_000


def times(ts_us: Sequence[int] | np.ndarray[Any, Any]) -> pa.Array:
    return pa.array(ts_us, pa.int64()).cast(pa.timestamp("us", tz="UTC"))


def quote_table(quotes: Quotes) -> pa.Table:
    return pa.table({"ts_event": times(quotes.ts_us), "bid": quotes.bid, "ask": quotes.ask})


def signals(rows: Sequence[tuple[float, int]], width: float = 5e-4, horizon: int = 600 * SECOND) -> pa.Table:
    """Signals of (seconds into the day, side)."""
    return pa.table(
        {
            "ts_event": times([DAY.start_us + round(second * SECOND) for second, _ in rows]),
            "side": [side for _, side in rows],
            "width": [width] * len(rows),
            "horizon_us": [horizon] * len(rows),
        }
    )


def told(run: DayRun) -> list[tuple[Any, ...]]:
    return [(t.signal_us, t.side, t.entry_us, t.entry, t.exit_us, t.exit, t.net, t.worst) for t in run.trades]


def told_by(made: Backtest) -> list[tuple[Any, ...]]:
    names = ["signal", "side", "entry_time", "entry", "exit_time", "exit", "net", "worst"]
    columns = [made.trades[name] for name in names]
    return list(
        zip(
            *((c.cast(pa.int64()) if pa.types.is_timestamp(c.type) else c).to_pylist() for c in columns),
            strict=True,
        )
    )


def test_figures_are_shown_for_the_eye_and_kept_exact() -> None:
    figures = Figures(9, 7, 3, -78.69999999999999, 0.1 + 0.2, 100.0, -0.123456789, 0.25, 1)
    assert repr(figures) == (
        "Figures(signals=9, trades=7, wins=3, net_pips=-78.7, cost_pips=0.3, drawdown_pips=100.0, "
        "sharpe=-0.123457, exposure=0.25, days=1)"
    )
    assert figures.as_dict()["net_pips"] == figures.net_pips == -78.69999999999999


def test_it_trades_as_the_product_does_on_the_same_sides(lake: Lake) -> None:
    """The product decides from the kernel's context; a user hands over the labels' widths and horizons."""
    draw, runs = np.random.default_rng(1), []
    sides = {day: draw.choice([-1, 0, 1], 2_000) for day in SYNTHETIC}
    for day in SYNTHETIC:
        made = day_features(lake.features("SYNEUR", str(day.trading_day), str(day.trading_day)).to_arrow())
        decisions = [
            decide(
                MarketEvent.at(int(ts_us), context, KNOWN),
                Prediction(float(side < 0), float(side == 0), float(side > 0), 0.0, ()),
                Thresholds(0.5, 1.0, ()),
                KNOWN,
            )
            for ts_us, context, side in zip(made.ts_us, made.context, sides[day], strict=False)
        ]
        quotes = quotes_of(lake.ticks("SYNEUR", str(day.trading_day), str(day.trading_day)).to_arrow())
        runs.append(simulate_day(day, quotes, decisions, KNOWN))
    events = lake.labels("SYNEUR", FIRST, LAST).to_polars()
    counts = [int((events["trading_day"] == day.trading_day).sum()) for day in SYNTHETIC]
    asked = events.with_columns(
        side=pl.Series(np.concatenate([sides[day][:n] for day, n in zip(SYNTHETIC, counts, strict=True)]))
    )
    mine = simulate(asked, lake.ticks("SYNEUR", FIRST, LAST), "SYNEUR")
    assert told_by(mine) == [row for run in runs for row in told(run)]
    assert mine.figures.trades > 200
    pairs = zip(
        mine.refused["signal"].cast(pa.int64()).to_pylist(), mine.refused["reason"].to_pylist(), strict=True
    )
    assert sorted(pairs) == sorted(pair for run in runs for pair in run.refused)
    assert mine.figures.signals == mine.figures.trades + mine.refused.num_rows
    assert mine.figures.net_pips == pytest.approx(sum(run.net for run in runs) / KNOWN.pip)
    assert mine.figures.exposure == pytest.approx(sum(run.exposure for run in runs) / 2)


def test_each_trade_earns_what_its_label_says(lake: Lake) -> None:
    events = lake.labels("SYNEUR", FIRST, LAST).to_polars()
    for side, name in ((1, "long"), (-1, "short")):
        made = simulate(events.with_columns(side=pl.lit(side)), lake.ticks("SYNEUR", FIRST, LAST), KNOWN)
        trades = pl.DataFrame(pl.from_arrow(made.trades)).join(events, left_on="signal", right_on="ts_event")
        assert len(trades) == made.figures.trades > 100
        assert trades["net"].to_list() == trades[f"{name}_net"].to_list()
        assert trades["exit"].to_list() == trades[f"{name}_exit"].to_list()


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), at=st.integers(60, 80_000), side=st.sampled_from([1, -1]))
def test_a_signal_knows_no_quote_after_it_and_none_fills_it_before_its_latency(
    seed: int, at: int, side: int
) -> None:
    quotes = random_quotes(2_000, seed, DAY, gap_ms=40_000)
    one = signals([(at, side)])
    made = simulate(one, quote_table(quotes), KNOWN).trades
    signal_us = DAY.start_us + at * SECOND
    arrives = signal_us + int(latency_us(np.array([signal_us]), KNOWN)[0])
    if not made.num_rows:
        return
    entry_us = made["entry_time"].cast(pa.int64())[0].as_py()
    first = int(quotes.ts_us[np.searchsorted(quotes.ts_us, arrives)])
    assert entry_us == first
    # What comes between the signal and its arrival may be anything: neither the anchor nor the fill sees it.
    between = (quotes.ts_us > signal_us) & (quotes.ts_us < arrives)
    wild = quotes._replace(
        bid=np.where(between, quotes.bid * 0.5, quotes.bid), ask=np.where(between, quotes.ask * 2, quotes.ask)
    )
    assert simulate(one, quote_table(wild), KNOWN).trades == made


def test_a_barrier_is_anchored_at_the_last_quote_that_is_known() -> None:
    seconds = np.array([10, 20, 30, 40, 50])
    bid = np.array([1.1, 1.1001, 1.1002, 1.1012, 1.1])
    quotes = Quotes(DAY.start_us + seconds * SECOND, bid, np.round(bid + 4e-5, 5), np.ones(5), np.ones(5))
    made = simulate(signals([(25, 1)], width=1e-3), quote_table(quotes), KNOWN).trades.to_pylist()
    # The ask of 20 s is 1.10014: the target 1.10114 is met at 40 s. Anchored at 30 s (1.10024) it would not be.
    assert [(row["ended"], row["exit"]) for row in made] == [("target", 1.1012)]


def test_a_width_is_rounded_up_to_points() -> None:
    quotes = quote_table(random_quotes(5_000, 3, DAY, gap_ms=15_000))
    rows = [(300 * k, 1) for k in range(1, 250)]
    odd, whole = (simulate(signals(rows, width=width), quotes, KNOWN) for width in (4.91e-4, 5e-4))
    assert odd.trades == whole.trades
    assert odd.trades != simulate(signals(rows, width=4.9e-4), quotes, KNOWN).trades


def test_stops_and_targets_may_be_given() -> None:
    quotes = quote_table(random_quotes(5_000, 3, DAY, gap_ms=15_000))
    by_width = signals([(100 * k, 1 if k % 2 else -1) for k in range(1, 800)])
    made = simulate(by_width, quotes, KNOWN)
    anchors = pl.DataFrame(pl.from_arrow(by_width)).join_asof(
        pl.DataFrame(pl.from_arrow(quotes)), on="ts_event", strategy="backward"
    )
    base = pl.when(pl.col("side") > 0).then(pl.col("ask")).otherwise(pl.col("bid"))
    given_both = anchors.filter(pl.col("bid").is_not_null()).select(
        "ts_event",
        "side",
        pl.duration(microseconds="horizon_us").alias("horizon_us"),
        (base - pl.col("side") * 5e-4).alias("stop"),
        (base + pl.col("side") * 5e-4).alias("target"),
    )
    assert made.figures.trades > 50
    assert simulate(given_both, quotes, KNOWN).trades == made.trades


def test_what_becomes_no_trade_is_told_with_its_reason() -> None:
    quotes = quote_table(random_quotes(1_000, 1, DAY, gap_ms=60_000))
    asked = signals([(0, 1), (1_000, 1), (1_001, -1), (1_500, 0), (90_000, 1)])
    made = simulate(asked, quotes, KNOWN)
    assert (made.figures.signals, made.figures.trades, made.figures.days) == (4, 1, 1)
    assert made.refused["reason"].to_pylist() == ["no_anchor", "position_open", "no_quotes"]
    nothing = simulate(asked.slice(0, 0), quotes, KNOWN)
    assert (nothing.figures.trades, nothing.figures.net_pips, nothing.figures.drawdown_pips) == (0, 0.0, 0.0)
    assert nothing.trades.schema == made.trades.schema


def test_costs_are_those_of_the_instrument(lake: Lake) -> None:
    quotes = quote_table(random_quotes(3_000, 5, DAY, gap_ms=20_000))
    asked = signals([(60 * k, 1) for k in range(1, 1_000)])
    cheap, dear = (simulate(asked, quotes, KNOWN.charging(slippage_pips=pips)) for pips in (0.0, 1.0))
    assert cheap.figures.trades == dear.figures.trades > 20
    lost = cheap.figures.net_pips - dear.figures.net_pips
    assert lost == pytest.approx(dear.figures.cost_pips - cheap.figures.cost_pips)
    assert lost == pytest.approx(2.0 * dear.figures.trades)
    assert dear.figures.drawdown_pips > 0
    assert set(dear.figures.as_dict()) >= {"net_pips", "sharpe", "wins"}


def test_pieces_of_quotes_give_the_same_as_the_whole() -> None:
    days = [DAY, DAY.shifted(1)]
    whole = pa.concat_tables(
        quote_table(random_quotes(1_500, k, day, gap_ms=50_000)) for k, day in enumerate(days)
    )
    asked = signals([(300 * k, 1 if k % 3 else -1) for k in range(1, 500)])
    pieces = pa.Table.from_batches(whole.to_batches(max_chunksize=97))
    assert simulate(asked, pieces, KNOWN) == simulate(asked, whole, KNOWN)
    batches = pieces.to_batches()
    empty = batches[0].slice(0, 0)
    stream = pa.RecordBatchReader.from_batches(whole.schema, iter([empty, *batches[:3], empty, *batches[3:]]))
    assert simulate(asked, stream, KNOWN) == simulate(asked, whole, KNOWN)


def with_column(name: str, values: Sequence[object], kind: pa.DataType | None = None) -> pa.Table:
    made = signals([(100, 1), (200, -1)])
    return made.set_column(made.schema.get_field_index(name), name, pa.array(values, kind))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            with_column("horizon_us", [1, 2], pa.duration("ns")),
            "Signals, column horizon_us. Expected whole microseconds, was finer",
        ),
        (
            with_column("ts_event", [1_001, 2_000], pa.timestamp("ns", tz="UTC")),
            "Signals, column ts_event. Expected whole microseconds, was finer",
        ),
        ([1, 2], "Signals. Expected a table of Arrow, Polars or pandas, was <class 'list'>"),
        (signals([(200, 1), (100, 1)]), "Signals, row 2. Expected the order of time, was before row 1"),
        (with_column("side", [1, 2]), "Signals, row 2, column side. Expected 1, -1 or 0, was 2.0"),
        (with_column("side", [1, None]), "Signals, row 2, column side. Expected a value, was none"),
        (with_column("side", ["long", "short"]), "Signals, column side. Expected numbers, was string"),
        (
            with_column("width", [1.0, float("nan")]),
            "Signals, row 2, column width. Expected a number, was nan",
        ),
        (with_column("width", [0.0, 1.0]), "Signals, row 1, column width. Expected more than 0, was 0.0"),
        (
            with_column("horizon_us", [0, 1]),
            "Signals, row 1, column horizon_us. Expected more than 0 us, was 0",
        ),
        (
            with_column("horizon_us", [1.5, 1.5]),
            "Signals, column horizon_us. Expected microseconds as integers",
        ),
        (
            with_column("ts_event", [1, 2]),
            "Signals, column ts_event. Expected timestamps with a zone, was int64",
        ),
        (
            signals([(1, 1)]).drop_columns("horizon_us"),
            "Signals. Expected a column horizon_us, was ts_event, side",
        ),
        (signals([(1, 1)]).drop_columns("width"), "Signals. Expected a column stop, was ts_event"),
        (
            signals([(1, 1)]).append_column("stop", pa.array([1.0])),
            "Signals. Expected a column width, or stop and target, was both",
        ),
        (
            signals([(1, 1)])
            .drop_columns("width")
            .append_column("stop", pa.array([1.2]))
            .append_column("target", pa.array([1.1])),
            "Signals, row 1, column stop. Expected a long's below its target, a short's above, was 1.2",
        ),
    ],
)
def test_a_signal_that_is_wrong_is_named(asked: object, said: str) -> None:
    with pytest.raises(DataError) as caught:
        simulate(asked, quote_table(random_quotes(10, 1, DAY)), KNOWN)
    assert str(caught.value).startswith(said)


def test_quotes_that_are_wrong_are_named() -> None:
    asked, good = signals([(100, 1)]), quote_table(random_quotes(10, 1, DAY))
    later = good.set_column(
        0, "ts_event", times(good["ts_event"].cast(pa.int64()).to_numpy() + 86_400 * SECOND)
    )
    for wrong, said in (
        (good.take(list(range(9, -1, -1))), "Quotes. Expected them in the order of time"),
        (pa.concat_tables([later, good]), "Quotes. Expected days in order"),
        (pa.concat_tables([good.slice(5), good.slice(0, 5)]), "Quotes. Expected them in the order of time"),
        (
            good.set_column(1, "bid", good["ask"]).set_column(2, "ask", good["bid"]),
            "Expected bid at most ask",
        ),
        (
            good.append_column("symbol", pa.array(["GBPJPY"] * 10)),
            "Quotes. Expected SYNEUR alone, was GBPJPY, too",
        ),
        ("quotes.csv", "Quotes. Expected a scan or a table"),
    ):
        with pytest.raises(DataError, match=said):
            simulate(asked, wrong, KNOWN)
    with pytest.raises(DataError, match="Unknown symbol 'SYNEUX'"):
        simulate(asked, good, "SYNEUX")


def test_a_position_pays_for_the_night() -> None:
    """At 17:00 New York, 22:00 UTC in January; the walk closes what is open a minute before midnight."""
    quotes = quote_table(random_quotes(2_000, 2, DAY, gap_ms=43_000))
    asked = signals(
        [(21.9 * 3600, 1)], width=1.0, horizon=int(timedelta(hours=1) / timedelta(microseconds=1))
    )
    swaps = simulate(asked, quotes, KNOWN.charging(swap_long_pips=0.7)).trades["swap"].to_pylist()
    assert swaps == [pytest.approx(0.7 * KNOWN.pip)]
