"""The held-out day through the live endpoint: two processes that know each other by the wire alone."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np

from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures
from ticklake_assets.files import replace_file
from ticklake_assets.instance.processes import running
from ticklake_assets.loopback import is_listening
from ticklake_assets.modeling.judging.parity import Parity, compare
from ticklake_assets.resources.gold import Gold
from ticklake_assets.settings import Settings
from ticklake_assets.storage.gold.rows import day_features
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.raw.sealed_bytes import read_sealed
from ticklake_assets.storage.raw.seals import current_seal


@contextmanager
def live_endpoint(settings: Settings, folder: Path) -> Iterator[None]:
    """Run the endpoint at its configured address during the block; one that is there already is taken."""
    port = urlsplit(settings.endpoint_url).port
    assert port is not None
    if is_listening(port):
        yield
        return
    command = [sys.executable, "-m", "serving.endpoint", "--port", str(port)]
    with running(command, folder / "endpoint.log", lambda: is_listening(port)):
        yield


def replay_on_paper(settings: Settings, store: ObjectStore, day: SymbolDay, folder: Path) -> dict[str, Any]:
    """Replay the sealed raw day by the paper bridge, every row a message; returns the bridge's summary."""
    csv, out, journal = folder / f"{day.symbol}.csv", folder / f"{day.symbol}.json", folder / "journal"
    replace_file(csv, read_sealed(store, current_seal(store, day)))
    shutil.rmtree(journal, ignore_errors=True)  # a rerun measures anew
    command = [sys.executable, "-m", "mt5_bridge.cli", "replay", "--csv", str(csv), "--symbol", day.symbol]
    command += [
        "--trading-day",
        str(day.trading_day),
        "--endpoint",
        settings.endpoint_url,
        "--json",
        str(out),
    ]
    command += ["--token-file", str(settings.keys_dir / "endpoint.token"), "--journal", str(journal)]
    bridge = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own list
    if bridge.returncode:
        raise TicklakeError(f"The bridge could not replay {day}: exit code {bridge.returncode}")
    summary: dict[str, Any] = json.loads(out.read_text())
    return summary


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
