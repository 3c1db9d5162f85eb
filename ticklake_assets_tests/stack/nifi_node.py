"""A NiFi of one's own that tests may kill and start again, and the flow in it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import nipyapi
import pytest
from nipyapi import canvas

from stack import process
from stack.nifi import flow
from stack.services.nifi import NiFi
from stack.services.seaweedfs import ACCESS_KEY, BUCKET
from stack.site import Site
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.replication.nifi import NiFiReplicator
from ticklake_assets.storage.replication.replicator import Queue
from ticklake_assets_tests.s3_server import S3Server


class Node:
    """One NiFi in a site of its own; its program comes from the user's cache."""

    def __init__(self, folder: Path) -> None:
        self.site = Site.open(folder)
        self.service = NiFi()
        self.mark = f"{folder}/nifi"
        self.url = self.service.address(self.site)
        self.service.install(self.site)

    def start(self) -> float:
        """Start it; returns the seconds until it answered."""
        process.end_strays(self.mark)
        self.service.configure(self.site)
        program = self.service.program(self.site)
        folder = self.site.folder_of("nifi")
        began = time.monotonic()
        started = process.start(
            program.command, program.environment, folder, self.site.log_of("nifi"), self.mark, program.user
        )
        self.site.remember("nifi", started)
        while not self.service.is_healthy(self.site):
            if not process.is_alive(started) or time.monotonic() - began > self.service.ready_s:
                pytest.fail(f"NiFi is not healthy:\n{self.site.log_of('nifi').read_text()[-3000:]}")
            time.sleep(0.5)
        return time.monotonic() - began

    def stop(self) -> None:
        process.stop(self.site.process("nifi"), self.mark, signal.SIGTERM, 60)

    def kill(self) -> None:
        """End the JVM as a crash would; its Python processes stay behind."""
        found = self.site.process("nifi")
        assert found is not None
        os.kill(found.pid, signal.SIGKILL)
        while process.is_alive(found):
            time.sleep(0.05)

    def python_processes(self) -> list[int]:
        """Ids of the processes that run our processor."""
        pids = process.marked(self.mark)
        return [pid for pid in pids if b"PutLakeObject" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def canvas_of(node: Node) -> None:
    """Point nipyapi at this NiFi."""
    nipyapi.config.nifi_config.host = f"{node.url}/nifi-api"


class Replication(NamedTuple):
    """The flow between one landing folder and one prefix of the bucket."""

    node: Node
    landing: Path
    store: ObjectStore
    replicator: NiFiReplicator
    secrets: dict[str, str]

    @classmethod
    def deploy(cls, node: Node, landing: Path, server: S3Server, prefix: str) -> Replication:
        """Deploy the flow and start it."""
        (landing / "ticks").mkdir(parents=True, exist_ok=True)
        values = {
            "landing.folder": str(landing),
            "lake.bucket": BUCKET,
            "lake.folder": f"{prefix}/raw/ticks",
            "s3.endpoint": server.endpoint,
            "s3.region": "us-east-1",
        }
        secrets = {"s3.access.key": ACCESS_KEY, "s3.secret.key": server.secret_key}
        flow.deploy(node.url, values, secrets)
        flow.start(node.url)
        store = open_store(f"s3://{BUCKET}/{prefix}", server.client())
        replicator = NiFiReplicator(landing, store, node.url, patience_s=60)
        return cls(node, landing, store, replicator, secrets)

    def settle(self, patience_s: float = 120) -> None:
        """Wait until nothing waits and nothing is on its way."""
        deadline = time.monotonic() + patience_s
        idle = 0
        while idle < 2:
            status = self.replicator.status()
            idle = 0 if any(queue.files for queue in status.queues) else idle + 1
            if time.monotonic() > deadline:
                pytest.fail(f"NiFi is still at it: {status}")
            time.sleep(0.5)

    def queue(self, name: str) -> Queue:
        return next(queue for queue in self.replicator.status().queues if queue.name == name)

    def schedule(self, processor: str, *, running: bool) -> None:
        """Start or stop one processor of the flow."""
        (found,) = (entity for entity in canvas.list_all_processors() if entity.component.name == processor)
        canvas.schedule_processor(found, running)

    def stored(self) -> dict[str, bytes]:
        """Every object of this prefix, by key."""
        return {found.key: self.store.get(found.key) for found in self.store.list()}


def wait_until(condition: Callable[[], bool], patience_s: float = 60) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.1)
