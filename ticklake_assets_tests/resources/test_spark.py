from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ticklake_assets.core.errors import SetupError
from ticklake_assets.resources.spark import spark_resource
from ticklake_assets.settings import Settings
from ticklake_assets.spark.java import SYSTEM_HOMES

REPOSITORY = Path(__file__).resolve().parents[2]
START = """
from ticklake_assets.core.errors import SetupError
from ticklake_assets.resources.spark import spark_resource
from ticklake_assets.settings import Settings
try:
    with spark_resource(Settings()).session():
        pass
except SetupError as error:
    print(error)
"""


def test_without_java_one_line_says_what_to_install(tmp_path: Path) -> None:
    """In a name space of its own, where the system's Java is hidden: no code is replaced."""
    tools = {name: shutil.which(name) for name in ("unshare", "mount", "sh")}
    hide = f"{tools['mount']} -t tmpfs none {SYSTEM_HOMES} && " if SYSTEM_HOMES.is_dir() else ""
    alone = [
        str(tools["unshare"]),
        "--mount",
        "--map-root-user",
        str(tools["sh"]),
        "-c",
        f'{hide}exec "$@"',
        "-",
    ]
    if (
        None in tools.values()
        or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this machine gives no mount name space of one's own")
    environment = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"}
    environment |= {"PATH": str(tmp_path), "HOME": str(tmp_path), "TICKLAKE_HOME": str(tmp_path / "home")}
    answer = subprocess.run(
        [*alone, sys.executable, "-c", START],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Spark finds no Java; install openjdk-17-jre-headless" in answer.stdout
    assert answer.stdout.count("\n") == 1


@pytest.mark.parametrize("scheme", ["sc", "spark"])
def test_a_server_that_is_down_is_one_line_at_once(scheme: str) -> None:
    """PySpark itself would try for minutes."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"{scheme}://127.0.0.1:{unused.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(SetupError) as raised, spark_resource(Settings(spark_master=address)).session():
            pass
        assert time.monotonic() - started < 5
    assert str(raised.value).startswith(f"TICKLAKE_SPARK_MASTER. Expected a Spark server on {address} ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("address", ["sc://127.0.0.1:http", "spark://127.0.0.1:70000000"])
def test_an_address_that_is_none_is_named(address: str) -> None:
    with pytest.raises(SetupError, match=f"Expected a Spark server on {address}"):
        spark_resource(Settings(spark_master=address)).spark_session  # noqa: B018


def test_what_spark_writes_is_as_private_as_the_rest() -> None:
    umask = "spark.hadoop.fs.permissions.umask-mode"
    assert spark_resource(Settings()).spark_config[umask] == "077"
    assert spark_resource(Settings(umask="027")).spark_config[umask] == "027"


def test_the_token_of_an_address_is_not_shown() -> None:
    settings = Settings(spark_master="sc://127.0.0.1:1/;token=secret")
    with pytest.raises(SetupError) as raised:
        spark_resource(settings).spark_session  # noqa: B018
    assert "secret" not in str(raised.value)


def test_credentials_are_not_among_what_dagster_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted")
    for master in ("local[1]", "spark://127.0.0.1:1", "sc://127.0.0.1:1"):
        assert "planted" not in str(spark_resource(Settings(spark_master=master)).spark_config)
