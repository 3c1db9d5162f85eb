"""`deploy/endpoint`: the tested file, byte for byte, with its signed gate record."""

import dagster as dg

from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets.defs.metadata import gates_table
from ticklake_assets.defs.model.assets import VALIDATED
from ticklake_assets.defs.partitions import ONE_A_RUN, SYMBOL_DAY, as_of
from ticklake_assets.defs.report.assets import WALK_FORWARD
from ticklake_assets.modeling.bundle import build_deployment, open_deployment
from ticklake_assets.modeling.document import read_document
from ticklake_assets.modeling.walk_forward import WalkForwardReport
from ticklake_assets.resources.endpoint import Endpoint
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.models import Models
from ticklake_assets.resources.signing import Signing
from ticklake_assets.storage.bundles import get_bundle
from ticklake_assets.storage.model_files import ModelFiles, SymbolBundle
from ticklake_assets.storage.model_registry import model_name

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
    context: dg.AssetExecutionContext, lake: Lake, signing: Signing, endpoint: Endpoint, models: Models
) -> dg.MaterializeResult:
    """The signed bundle on the live endpoint: tradable when every gate passed, otherwise a shadow that only scores.

    What it is there it is in the registry: the live one has the alias `champion`, a shadow `candidate`.
    """
    day, files = as_of(context), ModelFiles(lake.store)
    report = read_document(WalkForwardReport, files.get("walk_forward", day), f"walk-forward of {day}")
    tested = get_bundle(lake.store, day.symbol, report.folds[-1].test.bundle)
    deployment = build_deployment(tested, report.gates, signing.private)
    opened = open_deployment(deployment, signing.public)
    version, mode = models.into_service(endpoint, deployment, opened)
    uri = files.put("deployed", SymbolBundle(day.symbol, opened.bundle.digest), deployment)
    return dg.MaterializeResult(
        metadata={
            "bundle": opened.bundle.digest,
            "tradable": opened.tradable,
            "mode": mode,
            "mlflow_model": f"{model_name(day.symbol)} version {version.number}",
            "verdict": report.gates.verdict,
            "gates": gates_table(report.gates.rows),
            "endpoint": dg.MetadataValue.url(endpoint.url),
            "uri": uri,
        }
    )
