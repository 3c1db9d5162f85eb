"""Services as they answer now, each asked on its own and beside the others."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

from serving.pipeline.answers import Answer, ServiceDown, ask
from serving.pipeline.sources.all import Sources
from ticklake_assets.core.errors import MissingDataError, SetupError
from ticklake_assets.core.feature_kernel import KERNEL_VERSION
from ticklake_assets.core.label_version import LABEL_RULES
from ticklake_assets.core.quotes import RULES_VERSION
from ticklake_assets.credentials import hidden, revealed
from ticklake_assets.storage.replication.embedded import EmbeddedReplicator
from ticklake_assets.storage.replication.nifi import NiFiReplicator
from ticklake_assets.storage.replication.replicator import Status

_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Service:
    name: str
    address: str
    answer: Answer[str]
    """What it says of itself, like its version."""
    seconds: float


def services(of: Sources) -> list[Service]:
    """In the order of the way of a tick."""
    chosen = of.settings
    asked: list[tuple[str, str, Callable[[], str]]] = [
        ("Lake", chosen.lake, lambda: _lake(of)),
        ("Catalog", chosen.catalog, lambda: _catalog(of)),
        ("SQL", chosen.sql_url, lambda: _sql(of)),
        ("Spark", chosen.spark_master, lambda: _spark(chosen.spark_master)),
        (
            "NiFi" if chosen.nifi_url else "Replicator",
            chosen.nifi_url or "of this home",
            lambda: replication(of).state,
        ),
        ("Dagster", of.dagster.url, lambda: f"version {of.dagster.automation()['version']}"),
        ("MLflow", chosen.mlflow, lambda: f"versions of models: {len(of.models.versions())}"),
        ("Endpoint", chosen.endpoint_url, lambda: f"models in service: {len(of.endpoint.models())}"),
    ]
    if chosen.prometheus_url:
        asked.append(("Prometheus", chosen.prometheus_url, lambda: f"alerts: {len(alerts(of))}"))
    with ThreadPoolExecutor(len(asked)) as beside:
        return list(beside.map(lambda each: _asked(*each), asked))


def alerts(of: Sources) -> list[dict[str, Any]]:
    """Pending and firing ones, those that fire first."""
    url = of.settings.prometheus_url
    if not url:
        raise MissingDataError(
            "No Prometheus is set: `make stack-up` has one, or set TICKLAKE_PROMETHEUS_URL"
        )
    try:
        found = httpx.get(f"{revealed(url)}/api/v1/alerts", timeout=_TIMEOUT_S).raise_for_status().json()
        held: list[dict[str, Any]] = found["data"]["alerts"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise ServiceDown("Prometheus", hidden(url), str(error), "See `ticklake stack status`") from error
    return sorted(held, key=lambda each: (each["state"] != "firing", each["activeAt"]))


def replication(of: Sources) -> Status:
    """The landing folder's mover and its queues."""
    url, folder = of.settings.nifi_url, of.settings.landing_dir
    if not url:
        return EmbeddedReplicator(folder, of.lake.store).status()
    try:
        return NiFiReplicator(folder, of.lake.store, revealed(url)).status()
    except httpx.HTTPError as error:
        raise ServiceDown("NiFi", hidden(url), str(error), "See `ticklake stack status`") from error


@dataclass(frozen=True)
class Disk:
    what: str
    folder: Path
    used: int
    free: int


def disks(of: Sources) -> list[Disk]:
    """Of the home, the journals and the landing folder, once a file system."""
    found: dict[int, Disk] = {}
    for what, folder in (
        ("home", of.settings.home.absolute()),
        ("journals", of.settings.journals),
        ("landing", of.settings.landing_dir),
    ):
        if folder.exists():
            usage = shutil.disk_usage(folder)
            found.setdefault(folder.stat().st_dev, Disk(what, folder, usage.used, usage.free))
    return list(found.values())


def versions() -> list[tuple[str, str]]:
    return [
        ("ticklake", version("ticklake")),
        ("Python", platform.python_version()),
        ("feature kernel", KERNEL_VERSION),
        ("cleaning rules", RULES_VERSION),
        ("labels", LABEL_RULES),
    ]


def _asked(name: str, address: str, look: Callable[[], str]) -> Service:
    began = time.monotonic()
    answer = ask(look)
    return Service(name, hidden(address), answer, time.monotonic() - began)


def _lake(of: Sources) -> str:
    return f"{sum(1 for _ in of.lake.store.list('ledger/'))} entries in its ledger"


def _catalog(of: Sources) -> str:
    snapshots = [
        name for name in ("bars", "features", "labels") if of.lake.gold.snapshot_id(name) is not None
    ]
    return f"gold has {', '.join(snapshots)}" if snapshots else "gold is empty"


def _sql(of: Sources) -> str:
    """Trino answers; DuckDB is a library."""
    url = of.settings.sql_url
    if url.startswith("duckdb"):
        return "DuckDB, in the process of the question"
    scheme, _, rest = url.partition("://")
    host = rest.rpartition("@")[2].partition("/")[0]
    try:
        told = httpx.get(f"http://{host}/v1/info", timeout=_TIMEOUT_S).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise ServiceDown("Trino", host, str(error), "See `ticklake stack status`") from error
    return f"{scheme.capitalize()} {told['nodeVersion']['version']}"


def _spark(master: str) -> str:
    if "://" not in master:
        return "of this home: it starts when something is to be cleaned, and ends when idle"
    import socket

    host, _, port = master.partition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("/"), int(port.partition("/")[0])), _TIMEOUT_S).close()
    except (OSError, ValueError) as error:
        raise SetupError(
            f"Spark at {master} does not answer ({error}). See `ticklake stack status`"
        ) from error
    return "answers"
