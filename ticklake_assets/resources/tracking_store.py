"""MLflow's store and our experiment in it, made by whoever comes first."""

from __future__ import annotations

from ticklake_assets.files import locked
from ticklake_assets.settings import Settings

EXPERIMENT = "ticklake"


def open_tracking_store(settings: Settings) -> None:
    """Point MLflow at the configured store and see to it that the experiment is there.

    One process at a time: of two runs that find no database, as the first two folds of a walk-forward do, both would
    migrate it, and one would fail.
    """
    import mlflow  # seconds to import

    mlflow.set_tracking_uri(settings.mlflow)
    with locked(settings.home / "mlflow.lock"):
        if mlflow.get_experiment_by_name(EXPERIMENT) is None:
            mlflow.create_experiment(EXPERIMENT, settings.mlflow_artifact_root)
