"""The registry of models, and the one way into service: the endpoint first, then the alias that says so."""

from __future__ import annotations

from functools import cached_property

import dagster as dg

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.credentials import revealed
from ticklake_assets.modeling.deployed.admission import Deployment
from ticklake_assets.resources.endpoint import EndpointClient
from ticklake_assets.storage.models.registry import ModelRegistry
from ticklake_assets.storage.models.versions import ModelVersion, model_name


class Models(dg.ConfigurableResource[ModelRegistry]):
    """Registered models `ticklake-SYMBOL` in MLflow."""

    mlflow_uri: str

    @cached_property
    def registry(self) -> ModelRegistry:
        return ModelRegistry(revealed(self.mlflow_uri))

    def into_service(
        self, endpoint: EndpointClient, deployment: bytes, opened: Deployment, *, replace_newer: bool = False
    ) -> tuple[ModelVersion, str]:
        """Push a deployment and move the aliases to what the endpoint made of it: its version, and its mode there.

        What the endpoint refuses, or does not answer, moves nothing. A process that dies in between leaves aliases
        of before: the same again sets them right.
        """
        manifest, digest = opened.bundle.manifest, opened.bundle.digest
        version = self.registry.of_bundle(manifest.symbol, digest)
        if version is None:
            raise MissingDataError(
                f"Bundle {digest} is no version of {model_name(manifest.symbol)}. Expected one, was none: "
                f"materialize model/validated of {manifest.symbol}|{manifest.as_of} on this MLflow"
            )
        mode = endpoint.calls.push(deployment, replace_newer=replace_newer)["mode"]
        if mode == "live":
            self.registry.crown(version)
        else:
            self.registry.nominate(version)
        self.registry.tag(version, {"verdict": opened.record.report.verdict})
        return version, mode
