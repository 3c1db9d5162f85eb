"""Spark's standalone cluster: a master, and a worker whose executors die alone.

Both start only when they are named. The Connect server works through them once it starts after them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from stack.service import Program, Service
from stack.services.spark import CLUSTER, pyspark_home, rendered, spark_environment, write_spark_conf
from stack.site import Site
from stack.spark_jars import install_jars
from ticklake_assets.spark.java import SPARK

WORKER_MEMORY = "1g"
"""What a worker gives to executors."""
_DAEMON_MEMORY = "256m"


class SparkMaster(Service):
    """Knows the workers and shares them out; started by name alone."""

    name = CLUSTER
    by_default = False
    ports = (CLUSTER, "spark-master-ui")
    java = SPARK

    def install(self, site: Site) -> None:
        """Spark is in the project's environment."""

    def configure(self, site: Site) -> None:
        write_spark_conf(site.folder_of(self.name), rendered("cluster.conf", secret=site.secret(CLUSTER)))

    def program(self, site: Site) -> Program:
        here = f"--host 127.0.0.1 --port {site.port(CLUSTER)} --webui-port {site.port('spark-master-ui')}"
        return _daemon(site, self.name, ["org.apache.spark.deploy.master.Master", *here.split()])

    def is_healthy(self, site: Site) -> bool:
        return _page(site, "spark-master-ui").get("status") == "ALIVE"

    def address(self, site: Site) -> str:
        return f"spark://127.0.0.1:{site.port(CLUSTER)}"


class SparkWorker(Service):
    """Starts executors, each a process of its own, and restarts those that die; started by name alone."""

    name = "spark-worker"
    by_default = False
    ports = ("spark-worker", "spark-worker-ui")
    needs = (CLUSTER,)
    java = SPARK

    def install(self, site: Site) -> None:
        install_jars(site.cache)

    def configure(self, site: Site) -> None:
        write_spark_conf(site.folder_of(self.name), rendered("cluster.conf", secret=site.secret(CLUSTER)))

    def program(self, site: Site) -> Program:
        here = f"--host 127.0.0.1 --port {site.port(self.name)} --webui-port {site.port('spark-worker-ui')}"
        share = f"--cores {os.cpu_count() or 1} --memory {WORKER_MEMORY}"
        program = ["org.apache.spark.deploy.worker.Worker", *here.split(), *share.split()]
        work = ["--work-dir", str(site.folder_of(self.name))]
        return _daemon(site, self.name, [*program, *work, SparkMaster().address(site)])

    def is_healthy(self, site: Site) -> bool:
        """Whether the master counts on it."""
        own = _page(site, "spark-worker-ui").get("id")
        workers = _page(site, "spark-master-ui").get("workers", [])
        return any(worker["id"] == own and worker["state"] == "ALIVE" for worker in workers)

    def address(self, site: Site) -> str:
        return f"http://127.0.0.1:{site.port('spark-worker-ui')}"


def _daemon(site: Site, name: str, arguments: Sequence[str | Path]) -> Program:
    environment = spark_environment(site.folder_of(name)) | {"SPARK_DAEMON_MEMORY": _DAEMON_MEMORY}
    return Program([pyspark_home() / "bin" / "spark-class", *arguments], environment)


def _page(site: Site, port: str) -> dict[str, Any]:
    """What a daemon's web page says as JSON; nothing where it does not answer."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{site.port(port)}/json/", timeout=5, trust_env=False)
        found: dict[str, Any] = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return {}
    return found
