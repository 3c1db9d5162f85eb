"""What stands behind Spark's long complaints, in one line that names the setting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import shorten

from grpc import RpcError
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from ticklake_assets.core.errors import (
    DataError,
    ImmutabilityError,
    MissingDataError,
    SetupError,
    TicklakeError,
    TransientError,
)

_SETUP = (
    (r"ModuleNotFoundError|PYTHON_VERSION_MISMATCH",
     "Expected workers with this Python, numpy, numba, pyarrow, and boto3 for a lake on S3 (PYSPARK_PYTHON)"),
    (r"UNAUTHENTICATED",
     "Expected the token of the Connect server in SPARK_CONNECT_AUTHENTICATE_TOKEN"),
    (r"AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|Forbidden|Unable to load credentials|NoAuthWithAWS",
     "Expected S3 credentials that may do this (AWS_ACCESS_KEY_ID and its secret, where Spark runs)"),
    (r"NoSuchBucket|UnknownStoreException|Bucket does not exist",
     "Expected the bucket of TICKLAKE_LAKE_URL on the S3 server that Spark reaches"),
    (r"No space left on device|Disk quota exceeded",
     "Expected room on the disk that it writes to"),
    (r"UnknownHostException",
     "Expected the S3 server of TICKLAKE_S3_ENDPOINT, as Spark reaches it"),
)  # fmt: skip
_MOST_CHARACTERS = 300
_TRANSIENT = (
    r"Connection refused|ConnectException|UNAVAILABLE|SESSION_NOT_FOUND|SESSION_CHANGED|SESSION_CLOSED"
)


_KINDS: dict[str, type[TicklakeError]] = {
    kind.__name__: kind
    for kind in (SetupError, DataError, ImmutabilityError, MissingDataError, TransientError)
}
_OUR_OWN = r"\bticklake_assets\.[\w.]+\.(\w+): (.+)"
"""What a task raised on purpose, as its worker's traceback ends."""


@contextmanager
def plain_faults(place: str) -> Iterator[None]:
    """Raise SetupError or TransientError for what is no fault of the job, and what a task raised of our own kinds.

    `place` is the address of the Spark that works.
    """
    try:
        yield
    except (PySparkException, Py4JError, RpcError) as error:
        said = str(error)
        if raised := re.findall(_OUR_OWN, said):
            name, message = raised[-1]
            kind = _KINDS.get(name, SetupError)  # S3's refusal has a class of its own
            raise kind(f"Spark on {place}. {shorten(message, _MOST_CHARACTERS)}") from error
        for pattern, expected in _SETUP:
            if re.search(pattern, said):
                raise SetupError(f"Spark on {place}. {expected}, was {first_line(said, pattern)}") from error
        if re.search(_TRANSIENT, said):
            raise TransientError(
                f"Spark on {place}. Expected it and its S3 server to answer, was {first_line(said, _TRANSIENT)}"
            ) from error
        raise


def first_line(said: str, pattern: str = "") -> str:
    """The first line that matches, without the list of all that the AWS SDK has tried."""
    lines = (line.strip(" :") for line in said.splitlines() if re.search(pattern, line))
    return shorten(next(lines, said.strip()), _MOST_CHARACTERS, placeholder=" ...")
