"""Spark through dagster-pyspark: one lazy session a run."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from dagster_pyspark import LazyPySparkResource
from pyspark.errors import PySparkException

from ticklake_assets.core.errors import SetupError
from ticklake_assets.settings import Settings
from ticklake_assets.spark.java import find_java
from ticklake_assets.spark.session import spark_conf


class Spark(LazyPySparkResource):
    """A lazy session that finds Java first, so that its absence is one clear line."""

    def _init_session(self) -> None:
        if self._spark_session is None and "spark.remote" not in self.spark_config:
            os.environ["JAVA_HOME"] = str(find_java())
        others = _children()
        try:
            super()._init_session()
        except BaseException as error:
            # Interrupted while it starts, PySpark leaves a driver behind that ignores Ctrl-C.
            for pid in _children() - others:
                os.kill(pid, signal.SIGKILL)
            if isinstance(error, PySparkException):
                master = self.spark_config.get("spark.master", self.spark_config.get("spark.remote"))
                raise SetupError(
                    f"Spark does not start on {master!r} ({error}): see TICKLAKE_SPARK_MASTER"
                ) from error
            raise


def _children() -> set[int]:
    """Process ids that this process has started and that still live (Linux; elsewhere none)."""
    listed = Path("/proc/self/task").glob("*/children")
    return {int(pid) for file in listed for pid in file.read_text().split()}


def spark_resource(settings: Settings) -> Spark:
    """Local, standalone or Connect, as `TICKLAKE_SPARK_MASTER` says."""
    return Spark(spark_config=spark_conf(settings.spark_master, settings.spark_memory, os.cpu_count() or 1))
