"""The held-out day through the live endpoint: two processes that know each other by the wire alone."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from mt5_bridge.attribution.documents import TestedDays
from mt5_bridge.attribution.waterfall import Attribution
from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.schemas import CSV_HEADER
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures
from ticklake_assets.demo.simulated_broker import broker_toml
from ticklake_assets.files import replace_file
from ticklake_assets.lifecycle.day_attribution import DayAttribution
from ticklake_assets.modeling.judging.parity import Parity, compare
from ticklake_assets.modeling.report.attribution import attribution_html
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.sources.landing_csv import render_csv
from ticklake_assets.storage.gold.rows import day_features
from ticklake_assets.storage.raw.sealed_bytes import read_sealed
from ticklake_assets.storage.raw.seals import current_seal


def replay_in_demo(
    settings: Settings, lake: Lake, gold: Gold, signing: Signing, day: SymbolDay, folder: Path
) -> dict[str, Any]:
    """Replay the sealed raw day by the bridge, every row a message, at a simulated broker that quotes the clean day.

    Returns the bridge's summary, with the attribution of the day against what the served bundle's test makes of it.
    """
    csv, market, broker, tested, out = (
        folder / f"{day.symbol}{ending}"
        for ending in (".csv", ".clean.csv", ".broker.toml", ".tested.json", ".json")
    )
    journal, served = folder / "journal", _served_bundle(settings, day.symbol)
    replace_file(csv, read_sealed(lake.store, current_seal(lake.store, day)))
    clean = lake.clean.read(day).select(CSV_HEADER.split(","))
    replace_file(market, render_csv(clean, instrument_of(day.symbol)))
    replace_file(broker, broker_toml(instrument_of(day.symbol)).encode())
    known = TestedDays(days=(DayAttribution(lake, gold, signing).tested(day, served),))
    replace_file(tested, known.model_dump_json().encode())
    shutil.rmtree(journal, ignore_errors=True)  # a rerun measures anew
    options = {
        "--csv": csv,
        "--symbol": day.symbol,
        "--trading-day": day.trading_day,
        "--endpoint": settings.endpoint_url,
        "--json": out,
        "--token-file": settings.keys_dir / "endpoint.token",
        "--journal": journal,
        "--mode": "demo",
        "--broker": broker,
        "--market": market,
        "--compare": tested,
    }
    command = [
        sys.executable,
        "-m",
        "mt5_bridge.cli",
        "replay",
        *(str(part) for pair in options.items() for part in pair),
    ]
    bridge = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own list
    if bridge.returncode:
        raise TicklakeError(f"The bridge could not replay {day}: exit code {bridge.returncode}")
    summary: dict[str, Any] = json.loads(out.read_text())
    return summary


def keep_served(demo: Path, place: Path) -> None:
    """Give the next endpoint what the demo's had: its models, and the day that it was sent. What is there stays."""
    if not place.exists():
        aside = place.with_name(f".{place.name}.new")
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(demo, aside)
        aside.rename(place)


def told_bridge(summary: dict[str, Any], page: Path) -> dict[str, Any]:
    """What the demo's summary says of the bridge; the attribution's own page is written to `page`."""
    found = Attribution.model_validate(summary["attribution"])
    replace_file(page, attribution_html(found).encode())
    return {
        **{name: summary[name] for name in ("mode", "intents", "orders", "fills", "open_positions")},
        "attribution": {
            "currency": found.currency,
            "tested": float(found.tested),
            "rounding": float(found.rounding),
            "steps": {str(each.step): float(each.difference) for each in found.steps if each.trades},
            "account": float(found.real),
            "unexplained": float(found.unexplained),
            "trades": len(found.trades),
            "equal_trades": found.equal_trades,
            "differing_fields": sorted({each.name for trade in found.trades for each in trade.differences}),
            "page": str(page),
        },
    }


def _served_bundle(settings: Settings, symbol: str) -> str:
    """Digest of the model whose signals are sent: a symbol's live one comes first."""
    models = endpoint_get(settings, "/v1/models").json()
    return str(next(model["digest"] for model in models if model["symbol"] == symbol))


def served_parity(settings: Settings, gold: Gold, day: SymbolDay) -> Parity:
    """Compare the features that the endpoint served with gold's partition of the day, bit for bit."""
    address = f"/v1/served/{day.symbol}/{day.trading_day}"
    served = np.load(io.BytesIO(endpoint_get(settings, address).content), allow_pickle=False)
    held = day_features(gold.tables.scan("features", day.symbol, [day.trading_day]))
    live = DayFeatures(served[:, 0].astype(np.int64), np.empty((len(served), 0)), served[:, 1:])
    return compare(live, held.ts_us, held.features)


def endpoint_get(settings: Settings, address: str) -> httpx.Response:
    """GET of the endpoint with its token."""
    token = (settings.keys_dir / "endpoint.token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(f"{settings.endpoint_url}{address}", headers=headers, timeout=30)
    return answer.raise_for_status()
