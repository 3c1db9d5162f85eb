"""The cleaning job as one would first write it in Spark: a funnel of frames, each rule with its own window.

It is what `ticklake_assets.spark.clean` is measured against, and must give the same rows.
"""

from __future__ import annotations

from math import inf

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as sf

DAY = ["symbol", "trading_day"]
VALUES = ["bid", "ask", "bid_size", "ask_size"]
ROW = ["source_row", "ts_event", *VALUES]


def clean_and_quarantine(ticks: DataFrame) -> tuple[DataFrame, DataFrame]:
    judged = ticks.withColumn("rule", _row_local_rule())
    equal = Window.partitionBy(*DAY, "ts_event", *VALUES).orderBy("source_row")
    well_formed = judged.where("rule IS NULL").withColumn("copy", sf.row_number().over(equal))
    distinct = well_formed.where("copy = 1").withColumn("rule", sf.lit(None).cast("string"))
    repeated = well_formed.where("copy > 1").withColumn("rule", sf.lit("duplicate"))
    looked_back = _look_back(distinct)
    refused = [judged, repeated, looked_back]
    parts = [part.where("rule IS NOT NULL").select(*ROW, "rule", *DAY) for part in refused]
    quarantine = parts[0].unionAll(parts[1]).unionAll(parts[2])
    return _finish(looked_back.where("rule IS NULL")), quarantine.orderBy(*DAY, "source_row")


def _row_local_rule() -> Column:
    is_missing = sf.expr("ts_event IS NULL OR bid IS NULL OR ask IS NULL")
    sizes = [sf.coalesce(name, sf.lit(0.0)) for name in ("bid_size", "ask_size")]
    values = [sf.col("bid"), sf.col("ask"), *sizes]
    return (
        sf.when(is_missing, "missing_field")
        .when(sf.greatest(*(sf.abs(value) for value in values)) >= inf, "non_finite")
        .when(sf.to_date("ts_event") != sf.col("trading_day"), "wrong_day")
        .when((sf.least("bid", "ask") <= 0) | (sf.least(*sizes) < 0), "non_positive")
        .when(sf.col("bid") > sf.col("ask"), "crossed")
    )


def _look_back(distinct: DataFrame) -> DataFrame:
    day = Window.partitionBy(*DAY).orderBy("ts_event", "source_row")
    eight = day.rowsBetween(-8, -1)
    rows = (
        distinct.withColumn("values", sf.struct(*VALUES))
        .withColumn("total", sf.col("bid") + sf.col("ask"))
        .withColumn("totals", sf.collect_list("total").over(eight))
        .withColumn("before", sf.collect_list("values").over(eight))
    )
    median = sf.expr("get(sort_array(totals), int((size(totals) - 1) / 2))")
    is_spike = (sf.size("totals") >= 5) & (sf.abs(sf.col("total") - median) > 0.005 * median)
    is_stale = sf.expr("size(before) = 8 AND forall(before, b -> b <=> values)")
    return rows.withColumn("rule", sf.when(is_spike, "spike").when(is_stale, "stale_run")).withColumn(
        "is_unchanged", sf.expr("coalesce(try_element_at(before, -1) <=> values, false)")
    )


def _finish(kept: DataFrame) -> DataFrame:
    day = Window.partitionBy(*DAY).orderBy("ts_event", "source_row")
    ts_us = sf.unix_micros("ts_event")
    return kept.select(
        "source_row",
        "ts_event",
        "bid",
        "ask",
        *(sf.coalesce(name, sf.lit(0.0)).alias(name) for name in ("bid_size", "ask_size")),
        ((sf.col("bid") + sf.col("ask")) / 2).alias("mid"),
        (sf.col("ask") - sf.col("bid")).alias("spread"),
        sf.coalesce(ts_us - sf.lag(ts_us).over(day), sf.lit(0)).alias("gap_us"),
        "is_unchanged",
        sf.expr("bid_size IS NULL OR ask_size IS NULL").alias("is_size_missing"),
        *DAY,
    ).orderBy(*DAY, "ts_event", "source_row")
