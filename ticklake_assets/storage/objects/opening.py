"""The lake's address becomes its object store."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ticklake_assets.core.errors import SetupError
from ticklake_assets.storage.objects.local import LocalObjectStore
from ticklake_assets.storage.objects.store import ObjectStore


def open_store(url: str, s3_client: Any = None, endpoint: str = "", region: str = "") -> ObjectStore:
    """Open `file:///folder` or `s3://bucket/prefix`.

    A given boto3 client is used as it is. Without one, a client is made for `endpoint` (empty: AWS) and
    `region` with credentials from the usual AWS places.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        store = LocalObjectStore(Path(unquote(parts.path)))
        store.sweep()
        return store
    if parts.scheme == "s3" and parts.netloc:
        # A third of a second to import, and only a bucket needs it.
        from ticklake_assets.storage.objects.s3 import S3ObjectStore, s3_client_for

        client = s3_client_for(endpoint, region) if s3_client is None else s3_client
        return S3ObjectStore(client, parts.netloc, parts.path.strip("/"))
    raise SetupError(f"Lake address. Expected file:///folder or s3://bucket/prefix, was {url!r}")
