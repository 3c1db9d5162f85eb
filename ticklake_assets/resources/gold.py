"""The Iceberg gold tables as a resource."""

from __future__ import annotations

from functools import cached_property

import dagster as dg

from ticklake_assets.credentials import masked, revealed
from ticklake_assets.settings import Settings
from ticklake_assets.storage.gold.tables import GoldTables, open_gold


class Gold(dg.ConfigurableResource[GoldTables]):
    """Gold tables behind a SQL catalog: SQLite embedded, Postgres in the stack."""

    catalog_name: str
    catalog_uri: str
    warehouse_url: str
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"

    @classmethod
    def from_settings(cls, settings: Settings) -> Gold:
        return cls(
            catalog_name=settings.catalog_name,
            catalog_uri=masked(settings.catalog),
            warehouse_url=f"{settings.lake}/warehouse",
            s3_endpoint=settings.s3_endpoint,
            s3_region=settings.s3_region,
        )

    @cached_property
    def tables(self) -> GoldTables:
        uri = revealed(self.catalog_uri)
        return open_gold(self.catalog_name, uri, self.warehouse_url, self.s3_endpoint, self.s3_region)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002 - Dagster's signature
        if "tables" in self.__dict__:
            self.tables.close()
