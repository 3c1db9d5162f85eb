"""MLflow through dagster-mlflow: a Dagster run is an MLflow run, each as-of day a nested one."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
from dagster import InitResourceContext

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.resources.tracking_store import EXPERIMENT, open_tracking_store
from ticklake_assets.settings import Settings


class Tracking:
    """Logs a stage of an as-of day as a nested run of the Dagster run's MLflow run."""

    def __init__(self, mlflow: Any) -> None:
        self._mlflow = mlflow

    @contextmanager
    def stage(self, stage: str, day: SymbolDay, dataset: str) -> Iterator[Any]:
        """Open the nested run, tagged with the dataset's identity; yields dagster-mlflow's handle."""
        with self._mlflow.start_run(run_name=f"{stage} {day}", nested=True):
            tags = {"stage": stage, "symbol": day.symbol, "as_of": str(day.trading_day), "dataset": dataset}
            self._mlflow.set_tags(tags)
            yield self._mlflow

    def register(self, symbol: str, digest: str, bundle: bytes) -> str:
        """Make a bundle a version of the registered model `ticklake-SYMBOL`; call it inside a stage.

        Returns the version. A bundle that is a version already stays that one: its digest is its identity.
        """
        client, name = self._mlflow.tracking_client, f"ticklake-{symbol}"
        if not client.search_registered_models(f"name = '{name}'"):
            client.create_registered_model(name, description=f"Signed bundles of {symbol}, by digest.")
        known = client.search_model_versions(f"name = '{name}' and tags.bundle = '{digest}'")
        if known:
            return str(known[0].version)
        run = self._mlflow.active_run().info
        with TemporaryDirectory() as folder:
            file = Path(folder) / "bundle.zip"
            file.write_bytes(bundle)
            self._mlflow.log_artifact(str(file), "bundle")
        source = f"{run.artifact_uri}/bundle"
        return str(client.create_model_version(name, source, run.run_id, tags={"bundle": digest}).version)


def tracking_resource(settings: Settings) -> dg.ResourceDefinition:
    """dagster-mlflow's `mlflow_tracking`, imported when a run needs it: that takes seconds.

    It leaves its MLflow run open for other processes of the same Dagster run. Here a run is one process, so the
    MLflow run ends with it.
    """

    def tracking(context: InitResourceContext) -> Iterator[Tracking]:
        import mlflow
        from dagster_mlflow import mlflow_tracking

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = (
            "true"  # a server's client prints two lines a run
        )
        if settings.mlflow_artifact_root:
            # Otherwise an embedded store makes a folder `mlruns` wherever the process stands.
            os.environ["_MLFLOW_SERVER_ARTIFACT_ROOT"] = settings.mlflow_artifact_root
        open_tracking_store(settings)
        config = {
            "experiment_name": EXPERIMENT,
            "mlflow_tracking_uri": settings.mlflow,
            "env": {},
            "extra_tags": {},
        }
        try:
            for handle in mlflow_tracking.resource_fn(context.replace_config(config)):  # type: ignore[call-arg]
                yield Tracking(handle)
        finally:
            mlflow.end_run()

    return dg.ResourceDefinition(tracking, description="the MLflow run of this Dagster run")
