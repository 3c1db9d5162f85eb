"""Runs' output in a bucket; apart, since only a bucket needs its libraries, which take seconds to load."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from dagster._core.storage.compute_log_manager import CapturedLogContext
from dagster_aws.s3.compute_log_manager import S3ComputeLogManager

from ticklake_assets.instance.compute_logs import deaf_to_ctrl_c


class S3Logs(S3ComputeLogManager):
    """Objects below `prefix` of `bucket`."""

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Generator[CapturedLogContext, None, None]:
        with deaf_to_ctrl_c(super().capture_logs(log_key)) as context:
            yield context
