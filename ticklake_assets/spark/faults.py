"""What stands behind Spark's long complaints, in one line that names the setting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import shorten

from grpc import RpcError
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from ticklake_assets.core.errors import SetupError, TransientError

_SETUP = (
    (r"S3AFileSystem not found|PathOutputCommitProtocol|software/amazon/awssdk",
     "Expected Spark's jars for S3 on its class path (TICKLAKE_SPARK_JARS, or the server's own)"),
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


@contextmanager
def plain_faults(place: str) -> Iterator[None]:
    """Raise SetupError or TransientError for what is no fault of the job; anything else stays as it is.

    `place` is the address of the Spark that works.
    """
    try:
        yield
    except (PySparkException, Py4JError, RpcError) as error:
        said = str(error)
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
