"""Hold the home's Spark Connect server, and end it when it was idle for long: python -m ticklake_assets.spark.keeper

The server is a plug-in of this process's own session. Its JVM ends with this process, however that ends: PySpark's
gateway reads our pipe.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from ticklake_assets.files import is_held, replace_file
from ticklake_assets.spark.home_server import LIFE, USE, Offer, conf_file, offer_file

TOKEN = "SPARK_CONNECT_AUTHENTICATE_TOKEN"  # noqa: S105 - the name of a variable
_CLIENTS = {"SPARK_CONNECT_MODE_ENABLED", "SPARK_REMOTE", "SPARK_LOCAL_REMOTE"}
"""PySpark leaves the first in a process that worked by Connect; with one of them no session has a JVM of its own."""
_POLL_S = 1.0
_FORGOTTEN_S = 86_400.0
_SERVER = {
    "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
    "spark.connect.grpc.binding.address": "127.0.0.1",
    "spark.connect.grpc.binding.port": "0",
    # What a run leaves that died: its job ends within three minutes (Spark looks rarely), its session later.
    "spark.connect.execute.manager.detachedTimeout": "60s",
    "spark.connect.session.manager.defaultSessionTimeout": "15min",
}


def keep(folder: Path, idle_s: float) -> None:
    """Serve until nobody has used it for so long, the JVM has ended, or the home was removed.

    Whoever starts this has locked `life.lock`, and this process holds it as long as it lives.
    """
    for name in _CLIENTS:
        os.environ.pop(name, None)
    from pyspark import SparkContext  # a second that whoever asked does not wait for
    from pyspark.sql import SparkSession

    _sweep(folder)
    os.environ[TOKEN] = token = secrets.token_urlsafe(32)  # the JVM takes it from there
    builder = SparkSession.builder
    conf = json.loads(conf_file(folder).read_bytes()) | _SERVER | {"spark.local.dir": str(folder / "scratch")}
    for key, value in conf.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    jvm = session.sparkContext._jvm  # the port that the system chose is nowhere else
    assert jvm is not None
    service = getattr(getattr(jvm, "org.apache.spark.sql.connect.service.SparkConnectService$"), "MODULE$")
    port = service.localPort()
    replace_file(offer_file(folder), json.dumps(Offer(port, token)._asdict()).encode(), private=True)
    try:
        gateway = SparkContext._gateway
        assert gateway is not None
        _until_idle(folder, idle_s, gateway.proc)
    finally:
        offer_file(folder).unlink(missing_ok=True)
    session.stop()


def _until_idle(folder: Path, idle_s: float, jvm: subprocess.Popen[bytes]) -> None:
    used = time.monotonic()
    while offer_file(folder).exists() and jvm.poll() is None:
        with suppress(FileNotFoundError), (folder / USE).open("r+") as use:
            try:
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                used = time.monotonic()
            else:
                if time.monotonic() - used > idle_s:
                    offer_file(folder).unlink()  # while nobody can take it up
                    return
        time.sleep(min(_POLL_S, idle_s))


def _sweep(folder: Path) -> None:
    """Remove what servers of earlier code and settings left; one that lives, or was used today, stays."""
    shutil.rmtree(folder / "scratch", ignore_errors=True)
    for other in folder.parent.iterdir():
        life = other / LIFE
        with suppress(FileNotFoundError):
            if time.time() - life.stat().st_mtime > _FORGOTTEN_S and not is_held(life):
                shutil.rmtree(other, ignore_errors=True)


if __name__ == "__main__" and os.fork() == 0:  # whoever asked need not bury it
    sys.tracebacklimit = 0  # the end of the log is what the JVM complains of, and not where we stood
    keep(Path(sys.argv[1]), float(sys.argv[2]))
