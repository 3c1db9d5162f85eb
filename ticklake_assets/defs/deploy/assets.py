"""`deploy/endpoint`: the tested file, byte for byte, with its signed gate record."""

import dagster as dg

from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets.defs.metadata import gates_metadata
from ticklake_assets.defs.model.assets import VALIDATED
from ticklake_assets.defs.partitions import ONE_A_RUN, SYMBOL_DAY, as_of
from ticklake_assets.defs.report.assets import WALK_FORWARD
from ticklake_assets.lifecycle.promotion import Promotion
from ticklake_assets.research.judgements import read_walk_forward
from ticklake_assets.resources.endpoint import EndpointClient
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.models import Models
from ticklake_assets.resources.signing import Signing
from ticklake_assets.storage.models.bundles import bundle_key
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets.storage.models.versions import model_name

DEPLOY_ENDPOINT = dg.AssetKey(["deploy", "endpoint"])


@dg.asset(
    key=DEPLOY_ENDPOINT,
    deps=[WALK_FORWARD, VALIDATED],
    partitions_def=SYMBOL_DAY,
    backfill_policy=ONE_A_RUN,
    group_name="deploy",
    kinds={"fastapi"},
    owners=["team:research"],
    code_version=KERNEL_VERSION,
)
def deploy_endpoint(
    context: dg.AssetExecutionContext, lake: Lake, signing: Signing, endpoint: EndpointClient, models: Models
) -> dg.MaterializeResult:
    """The signed bundle on the live endpoint: tradable when every gate passed, otherwise a shadow that only scores.

    What it is there it is in the registry: the live one has the alias `champion`, a shadow `candidate`.
    """
    day = as_of(context)
    report = read_walk_forward(ModelFiles(lake.store), day, signing.public)
    version, deployed, mode = Promotion(lake, models, signing, endpoint).deploy(report)
    return dg.MaterializeResult(
        metadata={
            "symbol": day.symbol,
            "as_of": str(day.trading_day),
            "bundle": deployed.bundle.digest,
            "tradable": deployed.tradable,
            "mode": mode,
            "mlflow_model": f"{model_name(day.symbol)} version {version.number}",
            "verdict": report.gates.verdict,
            "gates": gates_metadata(report.gates.rows),
            "endpoint": dg.MetadataValue.url(endpoint.url),
            "uri": lake.store.uri(bundle_key(day.symbol, deployed.bundle.digest)),
        }
    )
