"""Where else a version is: each id, the page that shows it where there is one, else the command that does."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote

from serving.pipeline.answers import Answer, ask
from serving.pipeline.sources.models import Models
from ticklake_assets.storage.models.versions import ModelVersion


class Link(NamedTuple):
    what: str
    name: str
    url: str = ""
    command: str = ""


def links_of(models: Models, version: ModelVersion) -> list[Link]:
    """Our own pages first, then the services'."""
    symbol, tag = version.symbol, version.tags.get("dataset", "")
    return [
        Link("why, down to raw bytes", f"bundle {version.bundle[:12]}", f"/why?name={quote(version.bundle)}"),
        Link("its day's steps", f"{symbol} as of {version.as_of}", f"/lifecycle/{symbol}/{version.as_of}"),
        *([Link("dataset (DVC tag)", tag, command=f"ticklake dataset show {tag}")] if tag else []),
        *_snapshots(models, version),
        Link(
            "registry (MLflow)", f"version {version.number} of ticklake-{symbol}",
            models.mlflow.version_url(version), "ticklake ui mlflow",
        ),
        *_runs(models, version),
    ]  # fmt: skip


def _snapshots(models: Models, version: ModelVersion) -> list[Link]:
    manifest = ask(models.dataset, version).value
    if manifest is None:
        return []
    return [
        Link(f"gold.{table} (Iceberg snapshot)", str(snapshot), command=f"ticklake sql \"SELECT * FROM gold.{table} LIMIT 10\"")
        for table, snapshot in sorted(manifest.snapshots.items())
    ]  # fmt: skip


def _runs(models: Models, version: ModelVersion) -> list[Link]:
    answer: Answer = ask(models.mlflow.stage_runs, version)
    found: list[Link] = []
    for stage, run in (answer.value or {}).items():
        name = stage.replace("_", " ")
        found.append(
            Link(f"{name}: MLflow run", run.run_id, models.mlflow.run_url(run.run_id), "ticklake ui mlflow")
        )
        if run.dagster_run:
            found.append(
                Link(
                    f"{name}: Dagster run",
                    run.dagster_run,
                    command=f"ticklake dev, then /runs/{run.dagster_run}",
                )
            )
    return found
