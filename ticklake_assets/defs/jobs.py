"""Selections of the graph that are launched together."""

from __future__ import annotations

import dagster as dg

from ticklake_assets.defs.partitions import SYMBOL_DAY

_LAYERS = dg.AssetSelection.groups("raw", "parquet", "clean", "gold")

RAW_TO_GOLD = dg.define_asset_job("raw_to_gold", _LAYERS, partitions_def=SYMBOL_DAY)
RESEAL = dg.define_asset_job("reseal_raw", dg.AssetSelection.groups("raw"), partitions_def=SYMBOL_DAY)
