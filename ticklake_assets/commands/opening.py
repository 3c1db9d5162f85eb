"""What the settings lead to, opened without Dagster: a command that only looks need not wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ticklake_assets.settings import Settings

if TYPE_CHECKING:
    from ticklake_assets.storage.datasets.registry import DatasetRegistry
    from ticklake_assets.storage.gold.tables import GoldTables
    from ticklake_assets.storage.objects.store import ObjectStore


def object_store(settings: Settings) -> ObjectStore:
    """The objects of the lake."""
    from ticklake_assets.storage.objects.opening import open_store

    return open_store(settings.lake, endpoint=settings.s3_endpoint, region=settings.s3_region)


def gold_tables(settings: Settings) -> GoldTables:
    """The Iceberg tables that `resources.gold` gives to assets."""
    from ticklake_assets.storage.gold.tables import open_gold

    return open_gold(
        settings.catalog_name,
        settings.catalog,
        f"{settings.lake}/warehouse",
        settings.s3_endpoint,
        settings.s3_region,
    )


def dataset_registry(settings: Settings) -> DatasetRegistry:
    """The registry that `resources.datasets` gives to assets."""
    from ticklake_assets.storage.datasets.registry import DatasetRegistry

    return DatasetRegistry(
        settings.registry_dir, f"{settings.lake}/datasets", settings.s3_endpoint, settings.s3_region
    )
