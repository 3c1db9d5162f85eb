"""Gold on the real S3 server of the tests."""

from __future__ import annotations

from pathlib import Path

from stack.services.seaweedfs import ACCESS_KEY, BUCKET
from ticklake_assets.storage.gold.tables import GoldTables, open_catalog
from ticklake_assets_tests.s3_server import S3Server


def s3_properties(
    server: S3Server, access_key: str = ACCESS_KEY, secret_key: str | None = None
) -> dict[str, str]:
    """PyIceberg's properties for the server."""
    return {
        "s3.endpoint": server.endpoint,
        "s3.region": "us-east-1",
        "s3.access-key-id": access_key,
        "s3.secret-access-key": secret_key or server.secret_key,
    }


def bucket_gold(root: Path, server: S3Server, uri: str = "") -> GoldTables:
    """Gold in a place of its own in the bucket; the catalog is SQLite unless `uri` names another."""
    warehouse = f"s3://{BUCKET}/{root.name}/warehouse"
    catalog = open_catalog("lake", uri or f"sqlite:///{root}/catalog.db", warehouse, s3_properties(server))
    return GoldTables(catalog)
