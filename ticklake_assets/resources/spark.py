"""Spark through dagster-pyspark: one lazy session a run, on the home's own server where no other is named."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from dagster_pyspark import LazyPySparkResource
from dagster_pyspark.resources import spark_session_from_config
from py4j.protocol import Py4JError
from pydantic import PrivateAttr
from pyspark.errors import PySparkException

from ticklake_assets.core.errors import SetupError
from ticklake_assets.credentials import masked, revealed
from ticklake_assets.settings import HOME_SPARK, Settings
from ticklake_assets.spark.configuration import executor_environment, prepare_process, spark_conf
from ticklake_assets.spark.faults import first_line, plain_faults
from ticklake_assets.spark.home_server import HomeServer
from ticklake_assets.spark.shipping import ship

_PORTS = {"sc": 15_002, "spark": 7_077}
_RECONNECTS = 5
"""Some 20 seconds, each wait four times the last; PySpark would try for ten minutes."""


class Spark(LazyPySparkResource):
    """A lazy session that first looks for what it needs, so that an absence is one clear line."""

    home: str | None = None
    """Folder whose own server works; None: the master of the configuration."""
    idle_s: float = 0.0
    """Seconds without work after which the home's server ends."""
    _lease: ExitStack = PrivateAttr(default_factory=ExitStack)
    """Of the home's server, as long as there is a session."""

    def begin(self) -> None:
        """Let the home's server start while its first caller does something else."""
        if (server := self._home_server) is not None:
            server.begin()

    @contextmanager
    def session(self) -> Iterator[Any]:
        """Spark for one job. What the owner must set right is one line; a Connect server keeps nothing of it."""
        with plain_faults(self._place):
            try:
                yield self.spark_session
            finally:
                if self._is_remote and self._spark_session is not None:
                    self._spark_session.stop()  # our session: the server stays up
                    self._spark_session = None
                self._lease.close()

    def _init_session(self) -> None:
        if self._spark_session is not None:
            return
        if not self._is_remote:
            prepare_process()
        _require_answer(self._master)
        others = _children()
        try:
            with plain_faults(self._place):
                if (server := self._home_server) is not None:  # it has what we have: nothing is shipped
                    self._spark_session = _connected(self._lease.enter_context(server.leased()))
                elif self._is_remote:
                    self._spark_session = _connected(revealed(self._master))
                    ship(self._spark_session)
                else:
                    self._spark_session = self._started()
        except BaseException as error:
            said = str(error)  # asks the driver, which ends here
            # Interrupted while it starts, PySpark leaves a driver behind that ignores Ctrl-C.
            for child in _children() - others:
                with suppress(psutil.NoSuchProcess):
                    child.kill()
            if isinstance(error, (PySparkException, Py4JError)):
                raise SetupError(
                    f"Spark does not start on {self._place!r} ({first_line(said)}): see TICKLAKE_SPARK_MASTER"
                ) from error
            raise

    def _started(self) -> Any:
        """A session whose driver is here. Credentials join now: what a resource is configured with, Dagster shows."""
        is_cluster = self._master.startswith("spark://")
        reach = executor_environment(os.environ) if is_cluster else {}
        session = spark_session_from_config(self.spark_config | reach)  # type: ignore[no-untyped-call]
        if is_cluster:
            ship(session)
        return session

    @property
    def _master(self) -> str:
        return str(self.spark_config.get("spark.remote") or self.spark_config.get("spark.master"))

    @property
    def _is_remote(self) -> bool:
        return self.home is not None or "spark.remote" in self.spark_config

    @property
    def _home_server(self) -> HomeServer | None:
        return None if self.home is None else HomeServer(Path(self.home), self.spark_config, self.idle_s)

    @property
    def _place(self) -> str:
        """The master without the token that a Connect address may carry."""
        if self.home is not None:
            return "the home's own server"
        return self._master.partition("/;")[0]


def _connected(address: str) -> Any:
    """A session of the Connect server there."""
    # Not at the top: of a classic session's processes nobody else needs it.
    from pyspark.sql.connect.client.retries import DefaultPolicy
    from pyspark.sql.connect.logging import logger

    logger.setLevel("ERROR")  # below it are lines of JSON on releases that our own stop has overtaken
    session = spark_session_from_config(spark_conf(address, "", 0))  # type: ignore[no-untyped-call]
    session.client.set_retry_policies([DefaultPolicy(max_retries=_RECONNECTS)])
    return session


def _require_answer(master: str) -> None:
    """Spark itself would wait for minutes for a server that is not there."""
    parts = urlsplit(master)
    if parts.scheme not in _PORTS:
        return
    for address in parts.netloc.split(","):  # masters that stand in for each other
        host, _, port = address.partition(":")
        try:
            socket.create_connection((host, int(port or _PORTS[parts.scheme])), timeout=5).close()
        except (OSError, ValueError) as error:
            reason = error
        else:
            return
    raise SetupError(
        f"TICKLAKE_SPARK_MASTER. Expected a Spark server on {parts.scheme}://{parts.netloc} "
        f"(`ticklake stack up spark` starts one), was {reason}"
    )


def _children() -> set[psutil.Process]:
    """The processes that this process has started and that still live."""
    return set(psutil.Process().children())


def spark_resource(settings: Settings) -> Spark:
    """The home's own server, local, standalone or Connect, as `TICKLAKE_SPARK_MASTER` says."""
    if settings.spark_master.startswith("sc://"):  # it knows its memory, and S3, by itself
        return Spark(spark_config=spark_conf(masked(settings.spark_master), "", 0))  # its token, too
    is_own = settings.spark_master == HOME_SPARK
    # Hadoop's own, which it sets modes by, whatever the process's.
    private = {"spark.hadoop.fs.permissions.umask-mode": settings.umask}
    master, cores = "local[*]" if is_own else settings.spark_master, os.cpu_count() or 1
    return Spark(
        spark_config=spark_conf(master, settings.spark_memory, cores, extra=private),
        home=str(settings.home.absolute()) if is_own else None,
        idle_s=settings.spark_idle_s,
    )
