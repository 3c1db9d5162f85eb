"""Where else a version is: each id, the page that shows it where there is one, else the command that does."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote

from serving.pipeline.answers import ask
from serving.pipeline.sources.models import Models
from ticklake_assets.storage.models.versions import ModelVersion


class Link(NamedTuple):
    what: str
    name: str
    url: str = ""
    command: str = ""


def links_of(models: Models, dagster: str, version: ModelVersion) -> list[Link]:
    """Our own pages first, then the services'; `dagster` is the address of its web server."""
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
        *_runs(models, dagster, version),
    ]  # fmt: skip


def _snapshots(models: Models, version: ModelVersion) -> list[Link]:
    manifest = ask(models.dataset, version).value
    if manifest is None:
        return []
    kept = [Link("its snapshots are kept by the Iceberg tag", manifest.tag)]
    return kept + [
        Link(f"gold.{table} (Iceberg snapshot)", str(snapshot))
        for table, snapshot in sorted(manifest.snapshots.items())
    ]


def _runs(models: Models, dagster: str, version: ModelVersion) -> list[Link]:
    """MLflow's run of each stage, and Dagster's of one or several."""
    runs = ask(models.mlflow.stage_runs, version).value or {}
    found = [
        Link(
            f"{_words(stage)} (MLflow run)",
            run.run_id,
            models.mlflow.run_url(run.run_id),
            "ticklake ui mlflow",
        )
        for stage, run in runs.items()
    ]
    by_dagster: dict[str, list[str]] = {}
    for stage, run in runs.items():
        if run.dagster_run:
            by_dagster.setdefault(run.dagster_run, []).append(_words(stage))
    return found + [
        Link(f"{', '.join(stages)} (Dagster run)", run, f"{dagster.rstrip('/')}/runs/{run}", "ticklake dev")
        for run, stages in by_dagster.items()
    ]


def _words(stage: str) -> str:
    return stage.replace("_", " ")
