"""What is wrong with the tables of a catalog or with a warehouse, in one line that names the setting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyarrow.fs import FileType
from pyiceberg.catalog.sql import IcebergTables, SqlCatalog
from pyiceberg.io.pyarrow import PyArrowFileIO
from sqlalchemy import inspect, select

from ticklake_assets.core.errors import SetupError, TransientError
from ticklake_assets.storage.database_errors import first_line

_NETWORK = ("NETWORK_CONNECTION", "SLOW_DOWN", "SERVICE_UNAVAILABLE", "INTERNAL_FAILURE", "REQUEST_TIMEOUT")
_REFUSED = ("ACCESS_DENIED", "INVALID_ACCESS_KEY_ID", "SIGNATURE", "INVALID_CLIENT_TOKEN_ID", "access denied")


@contextmanager
def explained_warehouse_errors(warehouse: str) -> Iterator[None]:
    """Say what is wrong with the place of the tables' files.

    Raises:
        TransientError: nobody answers there.
        SetupError: credentials, bucket or folder are not as configured.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise SetupError(
            f"Warehouse {warehouse} (TICKLAKE_LAKE_URL). Expected the bucket and the files that the catalog names, "
            f"was {first_line(error)}"
        ) from error
    except OSError as error:
        said = first_line(error)
        if any(word in said for word in _NETWORK):
            raise TransientError(
                f"Warehouse {warehouse} (TICKLAKE_S3_ENDPOINT). Expected an answer, was {said}"
            ) from error
        wanted = "credentials that may do this" if any(word in said for word in _REFUSED) else "room to write"
        raise SetupError(f"Warehouse {warehouse}. Expected {wanted}, was {said}") from error


def require_bucket(catalog: SqlCatalog) -> None:
    """Refuse a warehouse in a bucket that is not there: some servers make one up on the first write."""
    warehouse = catalog.properties["warehouse"]
    scheme, bucket, _ = PyArrowFileIO.parse_location(warehouse)
    if scheme == "file":
        return
    files = PyArrowFileIO(catalog.properties).fs_by_scheme(scheme, bucket)
    if files.get_file_info(bucket).type == FileType.NotFound:
        raise FileNotFoundError(f"no bucket {bucket!r}: create it first")


def require_usable(catalog: SqlCatalog, warehouse: str) -> None:
    """Refuse a catalog that other engines would read otherwise than PyIceberg.

    Raises:
        SetupError: catalog tables of the old version V0, or a warehouse that another catalog name holds.
    """
    columns = {column["name"] for column in inspect(catalog.engine).get_columns(IcebergTables.__tablename__)}
    if "iceberg_type" not in columns:
        raise SetupError(
            "The Iceberg catalog tables are of schema version V0. Expected V1, was no column iceberg_type; migrate by "
            "`ALTER TABLE iceberg_tables ADD COLUMN iceberg_type VARCHAR(5)` once no older engine uses them"
        )
    with catalog.engine.connect() as connection:
        found = connection.execute(select(IcebergTables.catalog_name, IcebergTables.metadata_location)).all()
    owners = {name for name, location in found if (location or "").startswith(f"{warehouse}/")}
    if owners and catalog.name not in owners:
        raise SetupError(
            f"The tables in {warehouse} are in the catalog under another name (TICKLAKE_CATALOG_NAME). "
            f"Expected {' or '.join(sorted(owners))}, was {catalog.name}"
        )
