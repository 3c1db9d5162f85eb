"""The cleaning rules written a second time, from their wording, in Polars: a funnel of frames.

It shares no code and no constant with `ticklake_assets`, so that a slip in either shows as a difference.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

DAY = ["symbol", "trading_day"]
TIME = ["ts_event", "source_row"]
VALUES = ["bid", "ask", "bid_size", "ask_size"]
ROW = ["source_row", "ts_event", *VALUES]
CLEAN = [*ROW, "mid", "spread", "gap_us", "is_unchanged", "is_size_missing"]


class Cleaned(NamedTuple):
    clean: pl.DataFrame
    """`schemas.CLEAN` and the symbol-day, sorted by symbol-day, ts_event, source_row."""
    quarantine: pl.DataFrame
    """`schemas.QUARANTINE` and the symbol-day, sorted by symbol-day, source_row."""


def clean_by_polars(ticks: pl.DataFrame) -> Cleaned:
    """Clean any number of symbol-days: `schemas.TICKS` with `symbol` and `trading_day` columns."""
    judged = ticks.with_columns(rule=row_local_rule())
    well_formed = judged.filter(pl.col("rule").is_null()).sort(*DAY, *TIME)
    is_first = pl.struct(*DAY, "ts_event", *(pl.col(name) + 0.0 for name in VALUES)).is_first_distinct()
    distinct = well_formed.filter(is_first)
    repeated = well_formed.filter(~is_first).with_columns(rule=pl.lit("duplicate"))
    looked_back = look_back(distinct)
    kept = looked_back.filter(pl.col("rule").is_null())
    refused = [judged.filter(pl.col("rule").is_not_null()), repeated, looked_back]
    quarantine = pl.concat([part.select(*ROW, "rule", *DAY) for part in refused])
    return Cleaned(
        finish(kept).select(*CLEAN, *DAY),
        quarantine.filter(pl.col("rule").is_not_null()).sort(*DAY, "source_row"),
    )


def row_local_rule() -> pl.Expr:
    bid, ask = pl.col("bid"), pl.col("ask")
    sizes = [pl.col("bid_size"), pl.col("ask_size")]
    finite = [bid.is_finite(), ask.is_finite(), *(size.is_finite().fill_null(value=True) for size in sizes)]
    negative = [(size < 0).fill_null(value=False) for size in sizes]
    return (
        pl.when(pl.any_horizontal(pl.col("ts_event", "bid", "ask").is_null()))
        .then(pl.lit("missing_field"))
        .when(~pl.all_horizontal(finite))
        .then(pl.lit("non_finite"))
        .when(pl.col("ts_event").dt.date() != pl.col("trading_day"))
        .then(pl.lit("wrong_day"))
        .when(pl.any_horizontal(bid <= 0, ask <= 0, *negative))
        .then(pl.lit("non_positive"))
        .when(bid > ask)
        .then(pl.lit("crossed"))
    )


def look_back(distinct: pl.DataFrame) -> pl.DataFrame:
    """Judge spikes by the eight before, each as a sorted list, and stale runs by the place in a run."""
    run = pl.struct(*(pl.col(name) + 0.0 for name in VALUES)).rle_id()
    total, spread = pl.col("bid") + pl.col("ask"), pl.col("ask") - pl.col("bid")
    rows = distinct.with_columns(
        total=total,
        before=total.shift(1).over(DAY),
        totals=sorted_lags(total),
        spreads=sorted_lags(spread),
        run=run.over(DAY),
    )
    rows = rows.with_columns(
        place=pl.int_range(pl.len()).over(*DAY, "run"), known=pl.col("totals").list.len()
    )
    return rows.with_columns(
        rule=pl.when((pl.col("known") >= 5) & is_spike())
        .then(pl.lit("spike"))
        .when((pl.col("place") >= 8) & pl.all_horizontal(pl.col("bid_size", "ask_size").is_not_null()))
        .then(pl.lit("stale_run"))
    )


def sorted_lags(value: pl.Expr) -> pl.Expr:
    return pl.concat_list(value.shift(back).over(DAY) for back in range(1, 9)).list.drop_nulls().list.sort()


def is_spike() -> pl.Expr:
    middle, known = (pl.col("known").cast(pl.Int64) - 1) // 2, pl.col("known").cast(pl.Int64)
    totals = pl.col("totals").list
    median, spread = (
        totals.get(middle, null_on_oob=True),
        pl.col("spreads").list.get(middle, null_on_oob=True),
    )
    low, high = totals.get(2, null_on_oob=True), totals.get(known - 3, null_on_oob=True)
    limits = [0.005 * median, 3 * spread, 3 * (high - low)]
    away, step = (pl.col("total") - median).abs(), (pl.col("total") - pl.col("before")).abs()
    leaps = is_above(away, 0.1 * median)
    is_far = [pl.all_horizontal(is_above(distance, limit) for limit in limits) for distance in (away, step)]
    return (is_far[0] & is_far[1]) | leaps


def is_above(value: pl.Expr, limit: pl.Expr) -> pl.Expr:
    """As IEEE compares: Polars holds NaN (infinite sums of huge prices) to be above everything."""
    return ((value > limit) & value.is_not_nan() & limit.is_not_nan()).fill_null(value=False)


def finish(kept: pl.DataFrame) -> pl.DataFrame:
    bid, ask = pl.col("bid"), pl.col("ask")
    ts_us = pl.col("ts_event").dt.epoch("us")
    return kept.with_columns(
        mid=(bid + ask) / 2,
        spread=ask - bid,
        gap_us=(ts_us - ts_us.shift(1)).over(DAY).fill_null(0),
        is_unchanged=pl.col("place") > 0,
        is_size_missing=pl.col("bid_size").is_null() | pl.col("ask_size").is_null(),
    ).with_columns(pl.col("bid_size", "ask_size").fill_null(0.0))
