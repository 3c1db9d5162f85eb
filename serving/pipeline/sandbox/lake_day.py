"""What of the lake a sandbox plays with: a day's ticks, and a bundle as the endpoint would be given it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from serving.pipeline.sandbox.asked import Asked
from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.modeling.deployed.admission import build_deployment
from ticklake_assets.modeling.deployed.signing import public_key, read_signed, signing_key
from ticklake_assets.modeling.judging.testing import acted_risk
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport
from ticklake_assets.research import Lake
from ticklake_assets.storage.models.bundles import get_bundle
from ticklake_assets.storage.models.stage_files import ModelFiles, SymbolBundle
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_client import Tick


class LakeDay(NamedTuple):
    ticks: list[Tick]
    """By time; of a raw day dirty ones, too."""
    times_us: list[int]
    """When each is due: its own time, or that of one before it where that is later or it has none."""


def read_day(lake: Lake, asked: Asked) -> LakeDay:
    """The day's ticks as that layer has them; MissingDataError where it has none."""
    scan = lake.ticks(asked.symbol, asked.day, asked.day, layer=asked.layer)
    # By time, as the batch cleans them; one without a time is last, as in the bridge's replay.
    rows = scan.to_arrow().sort_by([("ts_event", "ascending"), ("source_row", "ascending")])
    times = rows["ts_event"].cast("int64").to_pylist()
    columns = (rows[name].to_pylist() for name in ("bid", "ask", "bid_size", "ask_size"))
    ticks = [Tick(*row) for row in zip(times, *columns, strict=True)]
    if not ticks:
        raise MissingDataError(
            f"{asked.symbol} {asked.day} has no tick. Expected a day on which there was a market"
        )
    first_us = SymbolDay(asked.symbol, asked.day).start_us
    known = np.array([first_us if ts_us is None else ts_us for ts_us in times], np.int64)
    # A time of another day would let the replay wait for hours: the endpoint judges it, not the pace.
    within = np.where((known >= first_us) & (known < first_us + MICROS_PER_DAY), known, first_us)
    return LakeDay(ticks, np.maximum.accumulate(within).tolist())


def judged_bundles(store: ObjectStore, symbol: str) -> list[str]:
    """Digests of a symbol's bundles that gates have judged."""
    folder = f"models/judged/{symbol}/"
    return [found.key.removeprefix(folder) for found in store.list(folder)]


def judgement(lake: Lake, asked: Asked) -> WalkForwardReport:
    """What the gates made of the bundle, as it was signed; MissingDataError where they never saw it."""
    judged = SymbolBundle(asked.symbol, asked.bundle)
    signed = ModelFiles(lake.store).get("judged", judged)
    return read_signed(
        WalkForwardReport, signed, f"judgement of {judged}", public_key(lake.settings.keys_dir)
    )


def deployment(lake: Lake, asked: Asked, report: WalkForwardReport) -> bytes:
    """The bundle with the signed record of its gates, as `deploy/endpoint` gives it to the endpoint."""
    if report.ledger is None:
        raise MissingDataError(
            f"Nobody counted the looks at {asked.symbol}'s test days. Expected a ledger, was none"
        )
    bundle, tested = get_bundle(lake.store, asked.symbol, asked.bundle), acted_risk(report.folds[-1].test)
    return build_deployment(bundle, report.gates, report.ledger, signing_key(lake.settings.keys_dir), tested)
