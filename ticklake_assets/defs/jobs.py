"""Selections of the graph that are launched together."""

from __future__ import annotations

import dagster as dg

TO_GOLD = dg.AssetSelection.groups("landing", "raw", "parquet", "clean", "gold")
"""The chain of a symbol-day."""
FOLD = dg.AssetSelection.groups("dataset", "model")
"""The chain of an as-of day, up to its test."""

RAW_TO_GOLD = dg.define_asset_job(
    "raw_to_gold",
    dg.AssetSelection.groups("raw", "parquet", "clean", "gold"),
    description="What the raw sensor launches over a range of days.",
)
SERVED = dg.define_asset_job(
    "served",
    dg.AssetSelection.groups("ops")
    - dg.AssetSelection.assets(["ops", "attribution"]),  # not every day is traded
    description="Bring a closed day's journal into the lake and prove it.",
)
RESEAL = dg.define_asset_job(
    "reseal_raw",
    dg.AssetSelection.groups("raw"),
    description="Seal again what was touched, without building anything from it.",
)
