"""What the workers of a server or a cluster import: this package's own files, taken along by the session."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile, ZipInfo

from ticklake_assets.files import replace_file

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_PACKAGE = Path(__file__).resolve().parents[1]
_SHIPPED = (
    "__init__.py",
    "files.py",
    "core/**/*.py",
    "storage/*.py",
    "storage/objects/*.py",
    "storage/partitions/*.py",
)
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def ship(session: SparkSession) -> None:
    """Add the files that a task imports to the session, as a zip that workers put before what they have installed.

    Workers need numpy, numba, pyarrow, boto3 for a lake on S3, and the driver's minor version of Python.
    """
    data = archive()
    folder = Path(tempfile.mkdtemp(prefix="ticklake-"))
    # Not before: a driver of our own serves the file to its executors.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / f"ticklake-{sha256(data).hexdigest()[:16]}.zip"
    replace_file(path, data)
    session.addArtifacts(str(path), pyfile=True)


def shipped_files() -> list[Path]:
    """What a task imports of this package, sorted."""
    return sorted({path for pattern in _SHIPPED for path in _PACKAGE.glob(pattern)})


def archive() -> bytes:
    """The files as a zip; the same files give the same bytes, whenever they were written."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as zipped:
        for path in shipped_files():
            zipped.writestr(
                ZipInfo(path.relative_to(_PACKAGE.parent).as_posix(), _LONG_AGO), path.read_bytes()
            )
    return buffer.getvalue()
