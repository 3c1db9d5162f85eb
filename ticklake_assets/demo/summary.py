"""The demo's numbers, recounted from what lies in the lake and the tables, not from what the stages said."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ticklake_assets.core.costs import commission_cost
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.demo.plan import DemoMarket
from ticklake_assets.modeling.deployed.gates import INSUFFICIENT, LEAST_DAYS, LEAST_TRADES, PASSED
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport
from ticklake_assets.research.judgements import read_walk_forward
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.sources.landing_csv import published_path
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets.storage.raw.seals import current_seal


def layer_rows(market: DemoMarket, landing: Path, lake: Lake, gold: Gold) -> dict[str, Any]:
    """Rows by layer; quarantine by rule."""
    days = market.symbol_days
    clean = [lake.clean.require(day) for day in days]
    quarantine: Counter[str] = sum((Counter(manifest.quarantined) for manifest in clean), Counter())
    tables = {
        f"gold_{table}": sum(gold.tables.row_counts(table, days).values())
        for table in ("bars", "features", "labels")
    }
    return {
        "landing": sum(_csv_rows(published_path(landing, day)) for day in days),
        "raw": sum(current_seal(lake.store, day).rows for day in days),
        "parquet": sum(lake.parquet.require(day).rows for day in days),
        "clean": sum(manifest.rows for manifest in clean),
        "quarantine": dict(sorted(quarantine.items())),
        **tables,
    }


def raw_digests(market: DemoMarket, lake: Lake) -> dict[str, str]:
    """sha256 of each day's sealed raw file, by partition key."""
    return {day.key: current_seal(lake.store, day).sha256 for day in market.symbol_days}


def model_outcome(market: DemoMarket, lake: Lake, signing: Signing) -> dict[str, Any]:
    """Gates, verdict and walk-forward of the last as-of day; without folds, how many days and trades are wanting."""
    if not market.as_ofs:
        needed = market.instrument.windows.lookback_days + 1
        return {
            "gates": [],
            "verdict": INSUFFICIENT,
            "reasons": [
                f"{len(market.days)} days of ticks, a first fold needs {needed}",
                f"0 test days and 0 trades, a verdict needs {LEAST_DAYS} and {LEAST_TRADES}",
            ],
            "evidence": {
                "days_had": 0,
                "days_needed": LEAST_DAYS,
                "trades_had": 0,
                "trades_needed": LEAST_TRADES,
            },
            "walk_forward": None,
            "benchmarks": [],
            "costs": costs_summary(market.instrument),
        }
    report = walk_forward_of(market, lake, signing)
    return {
        "gates": [row.model_dump() for row in report.gates.rows],
        "verdict": "deployed" if report.gates.verdict == PASSED else report.gates.verdict,
        "reasons": list(report.gates.reasons),
        "evidence": report.gates.model_dump(
            include={"days_had", "days_needed", "trades_had", "trades_needed"}
        ),
        "walk_forward": {
            "folds": len(report.folds),
            "net_pips": report.net_pips,
            "trades": report.trades,
            "deflated_sharpe": report.deflated_sharpe,
            "pbo": report.pbo,
            "net_money": report.money.net,
            "net_money_currency": report.money.currency,
            "break_even_cost_multiple": report.cost_surface.break_even_multiple,
            "break_even_pips_a_trade": report.cost_surface.break_even_pips_a_trade,
        },
        "costs": costs_summary(replace(market.instrument, costs=report.costs)),
        "benchmarks": [each.model_dump() for each in report.benchmarks],
    }


def costs_summary(instrument: Instrument) -> dict[str, Any]:
    """What a trade pays by the cost profile, pips; `ticklake costs` has the same for every symbol."""
    costs, price = instrument.costs, instrument.costs.account.reference_price
    side = float(commission_cost(instrument, np.array([price]))[0]) / instrument.pip
    return {
        "profile": costs.profile,
        "version": costs.version,
        "commission_pips": 2 * side,  # of a round turn, at the profile's own price of the symbol
        "slippage_pips": costs.slippage_pips,  # of one fill in ordinary hours
        "markup_pips": costs.markup_pips,
        "swap_pips": max(costs.swap_long_pips, costs.swap_short_pips),  # the dearer side's night
        "swap_long_pips": costs.swap_long_pips,
        "swap_short_pips": costs.swap_short_pips,
    }


def walk_forward_of(market: DemoMarket, lake: Lake, signing: Signing) -> WalkForwardReport:
    return read_walk_forward(ModelFiles(lake.store), market.held_out, signing.public)


def _csv_rows(path: Path) -> int:
    """Data rows of a CSV: its line ends less the header's."""
    return path.read_bytes().count(b"\n") - 1
