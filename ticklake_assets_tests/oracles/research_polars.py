"""The research queries of `ticklake_assets/sql` once more, in Polars, and from the quotes where they tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import polars as pl

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Quotes

MINUTE_US, DAY_US = 60_000_000, 86_400_000_000
MID, SPREAD = (pl.col("bid") + pl.col("ask")) / 2, pl.col("ask") - pl.col("bid")


class Market(NamedTuple):
    """One symbol's quotes (`day_us`, `ts_us`, `bid`, `ask`) and its labels."""

    quotes: pl.DataFrame
    labels: pl.DataFrame


def market_of(days: Mapping[SymbolDay, Quotes], labels: pl.DataFrame) -> Market:
    columns = ("ts_us", "bid", "ask")
    frames = [
        pl.DataFrame({name: getattr(quotes, name) for name in columns}).with_columns(
            day_us=pl.lit(day.start_us, pl.Int64)
        )
        for day, quotes in days.items()
    ]
    return Market(pl.concat(frames), labels)


def bars(market: Market, minutes: int) -> pl.DataFrame:
    wide = (pl.col("ts_us") - pl.col("day_us")) // (minutes * MINUTE_US)
    end = pl.min_horizontal((wide + 1) * minutes * MINUTE_US, pl.lit(DAY_US)) + pl.col("day_us")
    prices = [
        made.alias(f"{side}_{what}")
        for side in ("bid", "ask")
        for what, made in {
            "open": pl.col(side).first(),
            "high": pl.col(side).max(),
            "low": pl.col(side).min(),
            "close": pl.col(side).last(),
        }.items()
    ]
    return market.quotes.group_by(_time(end).alias("bar_end"), maintain_order=True).agg(
        *prices, tick_count=pl.len().cast(pl.Int64), spread_mean=SPREAD.mean()
    )


def spreads_by_hour(market: Market) -> pl.DataFrame:
    minute = _of_day(MINUTE_US)
    ticks = market.quotes.with_columns(
        hour_utc=_of_day(60 * MINUTE_US),
        minute_mean=SPREAD.mean().over("day_us", minute),
        minute_mid=MID.last().over("day_us", minute),
        is_first=(minute != minute.shift(1).over("day_us")).fill_null(value=True),
    )
    ordered = pl.col("minute_mean").filter("is_first").sort()
    count = pl.col("is_first").sum().cast(pl.Int64)
    return (
        ticks.group_by("hour_utc")
        .agg(
            minutes=count,
            tick_count=pl.len().cast(pl.Int64),
            spread_mean=SPREAD.mean(),
            spread_bp=1e4 * (pl.col("minute_mean") / pl.col("minute_mid")).mean(),
            spread_median=ordered.get((count + 1) // 2 - 1),
            spread_p95=ordered.get((95 * count + 99) // 100 - 1),
        )
        .sort("hour_utc")
    )


def volatility_signature(market: Market) -> pl.DataFrame:
    rows = []
    for step in (1, 2, 5, 10, 15, 30, 60):
        variances, steps = [], 0
        for quotes in market.quotes.partition_by("day_us", maintain_order=True):
            of_day = quotes.select(step=_of_day(step * MINUTE_US), mid=MID)
            lasts = of_day.group_by("step", maintain_order=True).agg(pl.col("mid").last())["mid"]
            changes = pl.concat([of_day["mid"].head(1), lasts]).log().diff().drop_nulls()
            variances.append(float((changes**2).sum()))
            steps += len(changes)
        mean = sum(variances) / len(variances)
        rows.append((step, len(variances), steps, 1e4 * mean**0.5))
    return pl.DataFrame(rows, schema=["step_minutes", "days", "steps", "volatility_bp"], orient="row")


def gaps(market: Market, minutes: int) -> pl.DataFrame:
    minute = pl.col("ts_us") // MINUTE_US
    empty = minute - minute.shift(1) - 1
    return market.quotes.select(
        gap_start=_time((minute.shift(1) + 1) * MINUTE_US),
        gap_end=_time(minute * MINUTE_US),
        gap_minutes=empty,
        change_bp=1e4 * (MID / MID.shift(1)).log(),
    ).filter(pl.col("gap_minutes") >= minutes)


def labels_as_of_bars(market: Market) -> pl.DataFrame:
    minute_bars = bars(market, 1).select(
        "bar_end",
        bar_mid=(pl.col("bid_close") + pl.col("ask_close")) / 2,
        bar_spread_mean=pl.col("spread_mean"),
        bar_tick_count=pl.col("tick_count"),
        trading_day=(pl.col("bar_end") - pl.duration(minutes=1)).dt.date(),
        ts_event=pl.col("bar_end"),
    )
    joined = market.labels.sort("ts_event").join_asof(
        minute_bars.sort("ts_event"), on="ts_event", by="trading_day", strategy="backward"
    )
    return joined.select(
        "ts_event",
        "outcome",
        "long_net",
        "short_net",
        "bar_end",
        (pl.col("ts_event") - pl.col("bar_end")).dt.total_seconds().alias("age_seconds"),
        "bar_mid",
        "bar_spread_mean",
        "bar_tick_count",
    )


def label_balance(market: Market) -> pl.DataFrame:
    shares = {
        f"{name}_share": (pl.col("outcome") == outcome).mean()
        for outcome, name in enumerate(("short", "neither", "long"))
    }
    return (
        market.labels.group_by("trading_day")
        .agg(
            events=pl.len().cast(pl.Int64),
            **shares,
            long_net_mean=pl.col("long_net").mean(),
            short_net_mean=pl.col("short_net").mean(),
        )
        .sort("trading_day")
    )


ORACLES: dict[str, tuple[dict[str, str], Callable[[Market], pl.DataFrame]]] = {
    "bars": ({"minutes": "7"}, lambda market: bars(market, 7)),
    "gaps": ({"minutes": "3"}, lambda market: gaps(market, 3)),
    "label_balance": ({}, label_balance),
    "labels_as_of_bars": ({}, labels_as_of_bars),
    "spreads_by_hour": ({}, spreads_by_hour),
    "volatility_signature": ({}, volatility_signature),
}
"""By query: parameters besides the symbol, and what the answer must be."""


def _of_day(length_us: int) -> pl.Expr:
    return (pl.col("ts_us") - pl.col("day_us")) // length_us


def _time(us: pl.Expr) -> pl.Expr:
    return us.cast(pl.Datetime("us", "UTC"))
