"""MLflow: each stage of an as-of day is a run; of a Dagster run, which dagster-mlflow makes one, a nested one."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
from dagster import InitResourceContext

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.bundle import Bundle
from ticklake_assets.resources.mlflow_model import write_model
from ticklake_assets.resources.tracking_store import EXPERIMENT, open_tracking_store
from ticklake_assets.settings import Settings
from ticklake_assets.storage.datasets.files import Dataset
from ticklake_assets.storage.models.mlflow_errors import explained_mlflow_errors, require_answer
from ticklake_assets.storage.models.registry import ModelRegistry
from ticklake_assets.storage.models.versions import ModelVersion

_MLFLOW_DIGEST = 36
"""Longest digest of a dataset that MLflow takes; the whole one is a tag."""


class Tracking:
    """Logs a stage of an as-of day as a run; `made_by` are the tags that say who ran it."""

    def __init__(self, mlflow: Any, registry: ModelRegistry, made_by: Mapping[str, str]) -> None:
        self._mlflow = mlflow
        self._registry = registry
        self._made_by = made_by

    @contextmanager
    def stage(self, stage: str, day: SymbolDay, dataset: Dataset, part: str) -> Iterator[Any]:
        """Open the nested run, its input the part of the dataset that it reads; yields MLflow."""
        with self._run(stage, day, _dataset_tags(dataset)):
            self._mlflow.log_input(_input(dataset, part), context=part)
            yield self._mlflow

    @contextmanager
    def walk_forward(self, day: SymbolDay, datasets: Sequence[Mapping[str, str]]) -> Iterator[Any]:
        """Open the nested run of a chain, its inputs the datasets of its folds: read by others, known by identity."""
        versions = ", ".join(dataset["version"] for dataset in datasets)
        with self._run("walk_forward", day, {"datasets": versions}):
            for dataset in datasets:
                self._mlflow.log_input(_named(dataset), context="test")
            yield self._mlflow

    @contextmanager
    def _run(self, stage: str, day: SymbolDay, tags: Mapping[str, str]) -> Iterator[None]:
        with self._mlflow.start_run(run_name=f"{stage} {day}", nested=True):
            names = {"stage": stage, "symbol": day.symbol, "as_of": str(day.trading_day)}
            self._mlflow.set_tags({**names, **self._made_by, **tags})
            yield

    @property
    def run_id(self) -> str:
        """MLflow's id of the open stage."""
        return str(self._mlflow.active_run().info.run_id)

    def register(self, bundle: Bundle, data: bytes, dataset: Dataset) -> ModelVersion:
        """Make a bundle a version of the registered model `ticklake-SYMBOL`; call it inside a stage.

        A bundle that is a version already stays that one: its digest is its identity.
        """
        manifest = bundle.manifest
        known = self._registry.of_bundle(manifest.symbol, bundle.digest)
        if known is not None:
            return known
        run = self._mlflow.active_run().info
        with TemporaryDirectory() as folder:
            write_model(Path(folder) / "bundle", bundle, data)
            self._mlflow.log_artifacts(str(Path(folder) / "bundle"), "bundle")
        tags = {
            "bundle": bundle.digest,
            "as_of": str(manifest.as_of),
            "kernel_version": manifest.kernel_version,
        }
        tags |= {**self._made_by, **_dataset_tags(dataset)}
        return self._registry.register(manifest.symbol, run.run_id, f"{run.artifact_uri}/bundle", tags)

    def record_verdict(self, symbol: str, digest: str, verdict: str) -> None:
        """Let the version of a judged bundle and the open run of its walk-forward name each other.

        A bundle of another MLflow has no version here, which is no reason not to judge it: `deploy/endpoint` says so.
        """
        version = self._registry.of_bundle(symbol, digest)
        if version is not None:
            self._registry.tag(version, {"walk_forward_run": self.run_id, "verdict": verdict})
            self._mlflow.set_tags({"model_version": str(version)})


def tracking_resource(settings: Settings) -> dg.ResourceDefinition:
    """dagster-mlflow's `mlflow_tracking`, imported when a run needs it: that takes seconds.

    It leaves its MLflow run open for other processes of the same Dagster run. Here a run is one process, so the
    MLflow run ends with it.
    """

    def tracking(context: InitResourceContext) -> Iterator[Tracking]:
        with _mlflow(settings):
            from dagster_mlflow import mlflow_tracking

            config = {
                "experiment_name": EXPERIMENT,
                "mlflow_tracking_uri": settings.mlflow,
                "env": {},
                "extra_tags": {},
            }
            for handle in mlflow_tracking.resource_fn(context.replace_config(config)):  # type: ignore[call-arg]
                yield Tracking(handle, ModelRegistry(settings.mlflow), {"dagster_run": handle.dagster_run_id})

    return dg.ResourceDefinition(tracking, description="the MLflow run of this Dagster run")


@contextmanager
def tracking_by(settings: Settings, run_by: str) -> Iterator[Tracking]:
    """The same outside of Dagster: a stage is a run of its own, tagged with who ran it."""
    with _mlflow(settings) as mlflow:
        mlflow.set_experiment(EXPERIMENT)
        yield Tracking(mlflow, ModelRegistry(settings.mlflow), {"run_by": run_by})


@contextmanager
def _mlflow(settings: Settings) -> Iterator[Any]:
    """MLflow on the configured store, which answers; whatever run is open at the end is ended."""
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"  # a server's client prints two lines a run
    if settings.mlflow_artifact_root:
        # Otherwise an embedded store makes a folder `mlruns` wherever the process stands.
        os.environ["_MLFLOW_SERVER_ARTIFACT_ROOT"] = settings.mlflow_artifact_root
    require_answer(settings.mlflow)
    with explained_mlflow_errors(settings.mlflow):
        open_tracking_store(settings)
        try:
            yield mlflow
        finally:
            mlflow.end_run()


def _dataset_tags(dataset: Dataset) -> dict[str, str]:
    return {"dataset": dataset.version, "dataset_digest": dataset.manifest.digest}


def _input(dataset: Dataset, part: str) -> Any:
    """A part of a frozen dataset as MLflow's input: its tag in the registry, its size, and where it came from."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.numpy_dataset import from_numpy

    events, digest = dataset.parts[part], dataset.manifest.digest[:_MLFLOW_DIGEST]
    source = CodeDatasetSource(tags=dataset.identity())
    return from_numpy(events.features, source, events.outcome, name=dataset.version, digest=digest)


def _named(dataset: Mapping[str, str]) -> Any:
    """The same input as of a stage that read the dataset, known by name and digest."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    source, digest = CodeDatasetSource(tags=dict(dataset)), dataset["digest"][:_MLFLOW_DIGEST]
    # MLflow's own class leaves the profile, which only a table has, to its base.
    return MetaDataset(source, name=dataset["version"], digest=digest)  # type: ignore[abstract]
