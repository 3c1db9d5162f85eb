"""What Spark has really said, and what becomes of it."""

from __future__ import annotations

import pytest
from pyspark.errors import PySparkException

from ticklake_assets.core.errors import ImmutabilityError, SetupError, TicklakeError, TransientError
from ticklake_assets.spark.faults import plain_faults

REFUSED = """An error occurred while calling o49.parquet.
: java.nio.file.AccessDeniedException: s3a://lake/x: getFileStatus on s3a://lake/x: S3Exception: Forbidden (403)
\tat org.apache.hadoop.fs.s3a.S3AUtils.translateException(S3AUtils.java:280)"""
NO_BUCKET = (
    "org.apache.hadoop.fs.s3a.UnknownStoreException: `s3a://nowhere/x': The specified bucket does not exist"
)
NO_HOST = "java.net.UnknownHostException: getFileStatus on s3a://lake/x: nowhere.invalid"
NO_NUMBA = "  from numba import njit\nModuleNotFoundError: No module named 'numba'"
NO_S3 = "java.net.ConnectException: getFileStatus on s3a://lake/x: Connect to 127.0.0.1:1 failed: Connection refused"
GONE = "<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE\n\tdetails = 'failed'>"
NEW_SERVER = (
    "[INVALID_HANDLE.SESSION_CHANGED] The handle is invalid. The existing Spark server driver has restarted."
)


@pytest.mark.parametrize(
    ("said", "kind", "names"),
    [
        (REFUSED, SetupError, "AWS_ACCESS_KEY_ID"),
        (NO_BUCKET, SetupError, "TICKLAKE_LAKE_URL"),
        (NO_HOST, SetupError, "TICKLAKE_S3_ENDPOINT"),
        (NO_NUMBA, SetupError, "PYSPARK_PYTHON"),
        (NO_S3, TransientError, "to answer"),
        (GONE, TransientError, "to answer"),
        (NEW_SERVER, TransientError, "to answer"),
    ],
)
def test_it_is_one_line_that_names_what_to_set_right(
    said: str, kind: type[TicklakeError], names: str
) -> None:
    with pytest.raises(kind) as raised, plain_faults("sc://localhost:1"):
        raise PySparkException(said)
    message = str(raised.value)
    assert message.startswith("Spark on sc://localhost:1. Expected ")
    assert names in message
    assert "\n" not in message


def test_a_fault_of_the_job_stays_as_it_is() -> None:
    with pytest.raises(PySparkException, match="UNRESOLVED_COLUMN"), plain_faults("local[1]"):
        raise PySparkException("[UNRESOLVED_COLUMN] A column cannot be resolved")


def test_a_long_story_is_cut() -> None:
    with pytest.raises(SetupError) as raised, plain_faults("local[1]"):
        raise PySparkException("Unable to load credentials " + "from any provider " * 200)
    assert len(str(raised.value)) < 500


TASK = """
  File "/x/ticklake_assets/storage/partitions/parquet_files.py", line 46, in read_verified
    raise ImmutabilityError(f"{key} changed")
ticklake_assets.core.errors.ImmutabilityError: a.parquet changed. Expected sha256 1, was 2

\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:581)"""
REFUSED_TASK = (
    "ticklake_assets.storage.objects.s3._RefusedError: s3://lake/x. Expected credentials that may do this"
)


@pytest.mark.parametrize(("said", "kind"), [(TASK, ImmutabilityError), (REFUSED_TASK, SetupError)])
def test_what_a_task_raises_of_our_own_kinds_stays_of_its_kind(said: str, kind: type[TicklakeError]) -> None:
    with pytest.raises(kind, match=r"Spark on local\[1\]. .* Expected "), plain_faults("local[1]"):
        raise PySparkException(said)
