"""Spark through dagster-pyspark: one lazy session a run."""

from __future__ import annotations

import os

from dagster_pyspark import LazyPySparkResource

from ticklake_assets.settings import Settings
from ticklake_assets.spark.java import find_java
from ticklake_assets.spark.session import spark_conf


class Spark(LazyPySparkResource):
    """A lazy session that finds Java first, so that its absence is one clear line."""

    def _init_session(self) -> None:
        if self._spark_session is None and "spark.remote" not in self.spark_config:
            os.environ["JAVA_HOME"] = str(find_java())
        super()._init_session()


def spark_resource(settings: Settings) -> Spark:
    """Local, standalone or Connect, as `TICKLAKE_SPARK_MASTER` says."""
    return Spark(spark_config=spark_conf(settings.spark_master, settings.spark_memory, os.cpu_count() or 1))
