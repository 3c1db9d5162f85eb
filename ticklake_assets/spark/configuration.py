"""The settings of a Spark session, as plain text for whoever opens it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from ticklake_assets.spark.java import find_java

_QUIET_LOGS = Path(__file__).with_name("log4j2.properties")

_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_LOOPBACK = "127.0.0.1"
_THIS_MACHINE = (_LOOPBACK, "localhost")


def prepare_process() -> None:
    """Say to a Spark that starts in this process where Java is, and with which Python its workers run.

    PYSPARK_PYTHON may name another one, for workers on machines where this one's path is none.
    """
    os.environ["JAVA_HOME"] = str(find_java())
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)


def executor_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Settings that give a cluster's workers the S3 credentials of this environment; theirs is another."""
    return {f"spark.executorEnv.{name}": environment[name] for name in _CREDENTIALS if name in environment}


def spark_conf(
    master: str, memory: str, cores: int, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Settings for a few days' or a month's work on `cores` cores; `extra` wins over all of them.

    `master` is `local[*]`, `spark://...` or `sc://...` (Connect). A Connect server knows its own memory, addresses
    and cores, so it gets only what the rows depend on.
    """
    conf = {
        "spark.sql.session.timeZone": "UTC",
        # INT96, the default of old, has no zone.
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    }
    if master.startswith("sc://"):
        conf["spark.remote"] = master
    else:
        conf |= _process(master, memory, cores)
    return conf | dict(extra or {})


def _process(master: str, memory: str, cores: int) -> dict[str, str]:
    conf = {
        "spark.master": master,
        "spark.app.name": "ticklake",
        "spark.driver.memory": memory,
        # Fewer CPU seconds than G1 on few cores.
        "spark.driver.extraJavaOptions": f"-XX:+UseParallelGC -Dlog4j.configurationFile={_QUIET_LOGS.as_uri()}",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
        # The defaults (200 partitions, re-planned at every exchange) cost about five times the work here.
        "spark.sql.shuffle.partitions": str(cores),
        "spark.sql.adaptive.enabled": "false",
    }
    if master.startswith("local"):
        conf["spark.python.daemon.module"] = "ticklake_assets.spark.daemon"
    if not master.startswith("spark://") or urlsplit(master).hostname in _THIS_MACHINE:
        conf |= {"spark.driver.host": _LOOPBACK, "spark.driver.bindAddress": _LOOPBACK}
    return conf  # executors on other machines must reach the driver by its host name
