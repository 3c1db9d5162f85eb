"""The live endpoint, as the deploy asset sees it."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from ticklake_assets.credentials import masked, revealed
from ticklake_assets.resources.endpoint_calls import EndpointCalls
from ticklake_assets.settings import Settings


class EndpointClient(dg.ConfigurableResource[None]):
    """HTTP client of the live endpoint; the token lies beside the signing key."""

    url: str
    keys_dir: str

    @classmethod
    def from_settings(cls, settings: Settings) -> EndpointClient:
        return cls(url=masked(settings.endpoint_url), keys_dir=str(settings.keys_dir))

    @property
    def calls(self) -> EndpointCalls:
        return EndpointCalls(revealed(self.url), Path(self.keys_dir))
