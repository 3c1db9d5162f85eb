"""What a run made, as digests: two runs on the same ticks must agree, whatever services they ran on."""

from __future__ import annotations

import io
import json
from hashlib import sha256

from pyarrow import csv

from ticklake_assets.core.bundle_files import CARD
from ticklake_assets.demo.plan import DemoMarket
from ticklake_assets.demo.summary import walk_forward_of
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.storage.models.bundles import bundle_manifest

GOLD_TABLES = ("bars", "features", "labels")


def gold_digests(market: DemoMarket, gold: Gold) -> dict[str, str]:
    """sha256 of each gold table's rows of the market, sorted by day and time, as CSV.

    CSV gives every float64 its shortest text that reads back to the same bits, so that only content counts: no
    file layout, no snapshot, no buffer.
    """
    return {table: _digest(market, gold, table) for table in GOLD_TABLES}


def model_digests(market: DemoMarket, lake: Lake, signing: Signing) -> dict[str, str]:
    """sha256 of each model file of the last fold's bundle; manifest and card name a dataset of this lake."""
    if not market.as_ofs:
        return {}
    bundle = walk_forward_of(market, lake, signing).folds[-1].test.bundle
    members: dict[str, str] = json.loads(bundle_manifest(lake.store, market.symbol, bundle))["members"]
    return {name: digest for name, digest in members.items() if name != CARD}


def _digest(market: DemoMarket, gold: Gold, table: str) -> str:
    hashed = sha256()
    for day in market.days:
        text = io.BytesIO()
        csv.write_csv(gold.tables.scan(table, market.symbol, [day]), text)
        hashed.update(text.getvalue())
    return hashed.hexdigest()
