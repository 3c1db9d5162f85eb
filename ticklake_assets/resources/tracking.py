"""MLflow through dagster-mlflow: a Dagster run is an MLflow run, each as-of day a nested one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster import InitResourceContext

from ticklake_assets.settings import Settings

EXPERIMENT = "ticklake"


def mlflow_resource(settings: Settings) -> dg.ResourceDefinition:
    """dagster-mlflow's `mlflow_tracking`, imported when a run needs it: that takes seconds.

    It leaves its MLflow run open for other processes of the same Dagster run. Here a run is one process, so the
    MLflow run ends with it.
    """

    def tracking(context: InitResourceContext) -> Iterator[Any]:
        import mlflow
        from dagster_mlflow import mlflow_tracking

        config = {"experiment_name": EXPERIMENT, "mlflow_tracking_uri": settings.mlflow, "env": {}, "extra_tags": {}}
        try:
            yield from mlflow_tracking.resource_fn(context.replace_config(config))
        finally:
            mlflow.end_run()

    return dg.ResourceDefinition(tracking, description="the MLflow run of this Dagster run")
