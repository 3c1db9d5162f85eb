"""The composition root: settings become resources here and nowhere else."""

import dagster as dg

from ticklake_assets.credentials import masked
from ticklake_assets.notices import Notices
from ticklake_assets.resources.bridge_records import BridgeRecords
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.endpoint import EndpointClient
from ticklake_assets.resources.expectations import Expectations
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.landing import Landing
from ticklake_assets.resources.models import Models
from ticklake_assets.resources.replication import Replication
from ticklake_assets.resources.signing import Signing
from ticklake_assets.resources.spark import spark_resource
from ticklake_assets.resources.tracking import tracking_resource
from ticklake_assets.settings import Settings


def build_resources(settings: Settings) -> dict[str, object]:
    """Every resource of the graph from one settings object."""
    lake = Lake.from_settings(settings)
    return {
        "landing": Landing.from_settings(settings),
        "replication": Replication(
            folder=str(settings.landing_dir), nifi_url=masked(settings.nifi_url), lake=lake
        ),
        "lake": lake,
        "gold": Gold.from_settings(settings),
        "datasets": Datasets.from_settings(settings),
        "spark": spark_resource(settings),
        "expectations": Expectations(),
        "models": Models(mlflow_uri=masked(settings.mlflow)),
        "tracking": tracking_resource(settings),
        "signing": Signing.from_settings(settings),
        "endpoint": EndpointClient.from_settings(settings),
        "bridge_records": BridgeRecords.from_settings(settings),
        "notices": Notices.of(settings),  # a plain object: Dagster shows and keeps nothing of it
    }


@dg.definitions
def resources() -> dg.Definitions:
    return dg.Definitions(resources=build_resources(Settings()), executor=dg.in_process_executor)
