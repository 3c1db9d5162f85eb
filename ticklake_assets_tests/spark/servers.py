"""Spark as a server: a Connect server, and a standalone master with two workers, which do not know this package."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from stack.services.spark import pyspark_home
from ticklake_assets.spark.java import find_java

PATIENCE_S = 120
_MASTER, _WORKER = (f"org.apache.spark.deploy.{name}" for name in ("master.Master", "worker.Worker"))
_CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"


@contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """Address of a server with two cores."""
    port = _free_port()
    conf = {"grpc.binding.address": "127.0.0.1", "grpc.binding.port": str(port)}
    given = [part for key, value in conf.items() for part in ("--conf", f"spark.connect.{key}={value}")]
    quiet = ["--conf", "spark.ui.enabled=false", "--driver-memory", "1g", "--master", "local[2]"]
    with ExitStack() as stack:
        command = ["spark-submit", *quiet, *given, "--class", _CONNECT, "spark-internal"]
        _start(stack, folder, "connect", command, "Spark Connect server started")
        yield f"sc://127.0.0.1:{port}"


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Address of a master with two workers of a core each."""
    port = _free_port()
    master = f"spark://127.0.0.1:{port}"
    here = ["--host", "127.0.0.1", "--webui-port", "0"]
    with ExitStack() as stack:
        _start(
            stack, folder, "master", ["spark-class", _MASTER, *here, "--port", str(port)], "New state: ALIVE"
        )
        for name in ("one", "two"):
            share = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / name)]
            _start(
                stack,
                folder,
                name,
                ["spark-class", _WORKER, *here, *share, master],
                "Successfully registered",
            )
        yield master


def _free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
    return port


def _start(stack: ExitStack, folder: Path, name: str, command: list[str], sign: str) -> None:
    """Start one of Spark's programs and wait until its log says `sign`; it ends with the stack."""
    log = folder / f"{name}.log"
    away = ("PYTHONPATH", "SPARK_CONF_DIR", "SPARK_REMOTE")
    environment = {key: value for key, value in os.environ.items() if key not in away}
    environment |= {
        "JAVA_HOME": str(find_java()),
        "SPARK_HOME": str(pyspark_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
    }
    program = [str(pyspark_home() / "bin" / command[0]), *command[1:]]
    with log.open("wb") as said:
        process = subprocess.Popen(program, cwd=folder, env=environment, stdout=said, stderr=said)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    deadline = time.monotonic() + PATIENCE_S
    while sign not in log.read_text():
        assert process.poll() is None, log.read_text()[-2_000:]
        assert time.monotonic() < deadline, log.read_text()[-2_000:]
        time.sleep(0.1)
