"""The object store and the layers of files in it, as one resource."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import dagster as dg

from ticklake_assets.settings import Settings
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.store import PartitionStore


class Lake(dg.ConfigurableResource[ObjectStore]):
    """Object store at `url`: a folder, or a bucket reached through dagster-aws."""

    url: str
    endpoint: str = ""
    region: str = "us-east-1"

    @classmethod
    def from_settings(cls, settings: Settings) -> Lake:
        return cls(url=settings.lake, endpoint=settings.s3_endpoint, region=settings.s3_region)

    @cached_property
    def store(self) -> ObjectStore:
        return open_store(self.url, s3_client=self._s3_client() if self.url.startswith("s3://") else None)

    @cached_property
    def parquet(self) -> PartitionStore:
        return PartitionStore(self.store, "parquet")

    @cached_property
    def clean(self) -> PartitionStore:
        return PartitionStore(self.store, "clean")

    def _s3_client(self) -> Any:
        from dagster_aws.s3 import S3Resource  # seconds to import, and only a bucket needs it

        from ticklake_assets.storage.objects.s3 import making_client

        # One more after the first: who calls retries as well, or is a person who waits.
        found = S3Resource(endpoint_url=self.endpoint or None, region_name=self.region, max_attempts=1)
        with making_client(self.endpoint):
            return found.get_client()
