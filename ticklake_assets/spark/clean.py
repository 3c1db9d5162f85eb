"""The cleaning rules of `core.quotes` over whole symbol-days, many in one job.

`classify` judges every row; `clean_rows` and `quarantine_rows` are its two halves. Writing both computes it twice:
persisting it in between saves a tenth to a fifth of the CPU time, but a Connect server never forgets what a run
that died has persisted, not even when the run's session ends.

Columns and window functions only, so that the same code runs on Spark Connect. All windows of a day share one
shuffle, and all but the first (which needs equal rows side by side) share one sort.
"""

from __future__ import annotations

from math import inf

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as sf

from ticklake_assets.core import quotes
from ticklake_assets.core.quotes import LOOKBACK, SPIKE, SPIKE_SHARE, STALE_RUN
from ticklake_assets.core.schemas import CLEAN, PARTITION, QUARANTINE, names
from ticklake_assets.core.symbol_day import MICROS_PER_DAY

DAY = names(PARTITION)
VALUES = ("bid", "ask", "bid_size", "ask_size")


def classify(ticks: DataFrame) -> DataFrame:
    """Add `rule` (null: kept), `is_unchanged` and `gap_us` to rows of `schemas.TICKS` with `schemas.PARTITION`.

    The result does not depend on the order of the rows, given `source_row`. It is partitioned by symbol-day and
    sorted so that the kept rows of a day are in the order (`ts_event`, `source_row`); `is_unchanged` and
    `gap_us` mean something on kept rows only.
    """
    # Without this the windows, whose keys differ, would shuffle once each.
    by_day = ticks.repartition(*DAY)
    judged = by_day.withColumn("rule", _row_local_rule())
    judged = judged.withColumn(
        "rule", sf.when(_is_repeated(), quotes.DUPLICATE.name).otherwise(sf.col("rule"))
    )
    judged = _look_back(judged.withColumn("is_distinct", sf.col("rule").isNull()))
    judged = judged.withColumn(
        "rule",
        sf.when(~sf.col("is_distinct"), sf.col("rule"))
        .when(_is_spike(), SPIKE.name)
        .when(sf.col("unchanged_rows") >= STALE_RUN.least_preceding, STALE_RUN.name),
    )
    return judged.select(
        *DAY,
        "source_row",
        "ts_event",
        *VALUES,
        "rule",
        (sf.col("unchanged_rows") > 0).alias("is_unchanged"),
        _gap_us().alias("gap_us"),
    )


def clean_rows(classified: DataFrame) -> DataFrame:
    """Kept rows as `schemas.CLEAN` and `schemas.PARTITION`."""
    kept = classified.where(sf.col("rule").isNull())
    is_size_missing = sf.col("bid_size").isNull() | sf.col("ask_size").isNull()
    derived = kept.select(
        *DAY,
        "source_row",
        "ts_event",
        "bid",
        "ask",
        *(sf.coalesce(name, sf.lit(0.0)).alias(name) for name in ("bid_size", "ask_size")),
        ((sf.col("bid") + sf.col("ask")) / sf.lit(2.0)).alias("mid"),
        (sf.col("ask") - sf.col("bid")).alias("spread"),
        "gap_us",
        "is_unchanged",
        is_size_missing.alias("is_size_missing"),
    )
    return derived.select(*names(CLEAN), *DAY)


def quarantine_rows(classified: DataFrame) -> DataFrame:
    """Refused rows as `schemas.QUARANTINE` and `schemas.PARTITION`, in the order of the file."""
    refused = classified.where(sf.col("rule").isNotNull())
    return refused.select(*names(QUARANTINE), *DAY).sortWithinPartitions(*DAY, "source_row")


def _row_local_rule() -> Column:
    """Name the first row-local rule that the row breaks, or null.

    To Spark NaN is above everything, so finite is what stays below infinity.
    """
    ts_us = sf.unix_micros("ts_event")
    day_us = sf.unix_date("trading_day") * sf.lit(MICROS_PER_DAY)
    bid, ask = sf.col("bid"), sf.col("ask")
    sizes = [sf.coalesce(name, sf.lit(0.0)) for name in ("bid_size", "ask_size")]
    is_finite = sf.lit(True)
    for value in (bid, ask, *sizes):
        is_finite = is_finite & (sf.abs(value) < sf.lit(inf))
    return (
        sf.when(ts_us.isNull() | bid.isNull() | ask.isNull(), quotes.MISSING_FIELD.name)
        .when(~is_finite, quotes.NON_FINITE.name)
        .when((ts_us < day_us) | (ts_us >= day_us + MICROS_PER_DAY), quotes.WRONG_DAY.name)
        .when((bid <= 0) | (ask <= 0) | (sizes[0] < 0) | (sizes[1] < 0), quotes.NON_POSITIVE.name)
        .when(bid > ask, quotes.CROSSED.name)
    )


def _is_repeated() -> Column:
    """Whether a well-formed row equals an earlier one of its time; partition keys take null as equal to null."""
    equal = Window.partitionBy(*DAY, "ts_event", *VALUES).orderBy("source_row")
    return sf.col("rule").isNull() & (sf.row_number().over(equal) > 1)


def _distinct_rows() -> WindowSpec:
    """The day's distinct rows in time order; the others form a partition whose values are never used."""
    return Window.partitionBy(*DAY, "is_distinct").orderBy("ts_event", "source_row")


def _look_back(judged: DataFrame) -> DataFrame:
    """Add bid + ask of the row and of the `LOOKBACK` distinct rows before it, and `unchanged_rows`."""
    day = _distinct_rows()
    values = sf.struct(*VALUES)
    rows = judged.withColumn("total", sf.col("bid") + sf.col("ask")).withColumns(
        {
            "at": sf.row_number().over(day),
            "is_same": values.eqNullSafe(sf.lag(values).over(day)),
            **{_total(back): sf.lag("total", back).over(day) for back in range(1, LOOKBACK + 1)},
        }
    )
    change = sf.when(~sf.col("is_same"), sf.col("at"))
    until_here = day.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    last_change = sf.last(change, ignorenulls=True).over(until_here)
    return rows.withColumn("unchanged_rows", sf.col("at") - last_change)


def _total(back: int) -> str:
    return f"total_{back}"


def _is_spike() -> Column:
    """Compare bid + ask with the lower median of those before; sorting puts the missing ones first."""
    preceding = sf.least(sf.col("at") - 1, sf.lit(LOOKBACK))
    ordered = sf.sort_array(sf.array(*(_total(back) for back in range(1, LOOKBACK + 1))))
    median = sf.get(ordered, (LOOKBACK - preceding + sf.floor((preceding - 1) / 2)).cast("int"))
    distance = sf.abs(sf.col("total") - median)
    is_far = (distance > sf.lit(SPIKE_SHARE) * median) & ~sf.isnan(distance)
    return (preceding >= SPIKE.least_preceding) & is_far


def _gap_us() -> Column:
    """Microseconds since the kept row before, which may lie any number of refused rows back."""
    ts_us = sf.unix_micros("ts_event")
    kept_us = sf.when(sf.col("rule").isNull(), ts_us)
    until_previous = _distinct_rows().rowsBetween(Window.unboundedPreceding, -1)
    previous_us = sf.last(kept_us, ignorenulls=True).over(until_previous)
    return sf.coalesce(ts_us - previous_us, sf.lit(0))
