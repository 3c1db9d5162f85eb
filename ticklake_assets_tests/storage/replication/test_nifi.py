"""NiFi's flow under load and faults: every file arrives, once, whatever is killed meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.errors import ImmutabilityError, SetupError, TransientError
from ticklake_assets.core.landing_folders import NIFI_FLOW
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.replication.nifi import NiFiReplicator
from ticklake_assets_tests.storage.raw.raw_files import DAY, make_raw
from ticklake_assets_tests.storage.replication.landing_files import contents, land, waiting_path
from ticklake_assets_tests.storage.seaweed import Seaweed

if TYPE_CHECKING:
    from ticklake_assets_tests.stack.nifi_node import Node, Replication


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[Seaweed]:
    """An S3 server that the test may kill."""
    folder = tmp_path / "weed"
    folder.mkdir()
    server = Seaweed(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture
def flow(nifi: Node, s3: Seaweed, tmp_path: Path) -> Iterator[Replication]:
    from ticklake_assets_tests.stack.nifi_node import Replication

    deployed = Replication.deploy(nifi, tmp_path / "landing", s3.server, uuid4().hex)
    yield deployed
    deployed.settle()


def land_small(landing: Path, count: int, symbol: str = "EURUSD") -> dict[str, bytes]:
    """Many tiny files at once; returns what the lake shall hold."""
    days = [SymbolDay(symbol, date(2015, 1, 1)).shifted(offset) for offset in range(count)]
    files = {day: make_raw(number % 5, day, price=1 + number / 1e5) for number, day in enumerate(days)}
    for day, data in files.items():
        land(landing, day, data)
    return {raw_key(day): data for day, data in files.items()}


def assert_arrived(flow: Replication, files: dict[str, bytes]) -> None:
    """Nothing is lost, doubled, changed or left behind."""
    assert flow.stored() == files
    assert contents(flow.landing / "ticks") == contents(flow.landing / "conflict") == []
    assert flow.replicator.status().failed == 0
    taken = {
        path.relative_to(flow.landing / "done").as_posix() for path in (flow.landing / "done").rglob("*.csv")
    }
    assert taken >= {key.removeprefix("raw/") for key in files}


@pytest.mark.stack
def test_a_month_of_real_files_and_a_burst_of_small_ones_arrive_byte_for_byte(
    flow: Replication, shared_data: Path
) -> None:
    source = FolderSource(shared_data / "dukascopy")
    files = {}
    for number in range(1, 32):
        day = SymbolDay("GBPJPY", date(2012, 12, number))
        path = publish_day(flow.landing, day, source.fetch_day(day)).path
        files[raw_key(day)] = (
            path if path.exists() else flow.landing / "done" / path.relative_to(flow.landing)
        ).read_bytes()
    assert sum(map(len, files.values())) > 60e6
    began = time.monotonic()
    files |= land_small(flow.landing, 1_000)
    flow.settle()
    print(f"1,000 small files in {time.monotonic() - began:.1f} s")
    assert_arrived(flow, files)
    assert all(
        found.revision == 1
        for found in flow.replicator._landing.taken(SymbolDay("GBPJPY", date(2012, 12, 3)))
    )


@pytest.mark.stack
def test_back_pressure_holds_the_queue_and_the_source_waits(flow: Replication) -> None:
    from ticklake_assets_tests.stack.nifi_node import wait_until

    flow.schedule("Put into the lake", running=False)
    files = land_small(flow.landing, 700)
    wait_until(lambda: flow.queue("to put").percent >= 100)
    for _ in range(5):  # two listings and more
        time.sleep(1)
        assert flow.queue("to put").files == 200
    waiting = flow.queue("landing").files
    assert waiting == 500  # with the 200 of the queue: no file is in two places
    assert flow.replicator.status().fullest >= 100
    flow.schedule("Put into the lake", running=True)
    flow.settle()
    assert_arrived(flow, files)


@pytest.mark.stack
def test_an_outage_of_s3_loses_and_doubles_nothing(flow: Replication, s3: Seaweed) -> None:
    from ticklake_assets_tests.stack.nifi_node import wait_until

    files = land_small(flow.landing, 600)
    wait_until(lambda: len(list(flow.store.list())) >= 50)
    s3.kill()
    time.sleep(8)
    status = flow.replicator.status()
    assert any("is tried again" in bulletin for bulletin in status.bulletins)
    assert status.failed == 0
    assert max(queue.files for queue in status.queues if queue.name == "to put") <= 200
    s3.start()
    flow.settle()
    assert_arrived(flow, files)


@pytest.mark.stack
def test_a_killed_nifi_loses_and_doubles_nothing(flow: Replication) -> None:
    from ticklake_assets_tests.stack.nifi_node import wait_until

    files = land_small(flow.landing, 600)
    wait_until(lambda: len(list(flow.store.list())) >= 50)
    flow.node.kill()
    arrived = {found.key: found.etag for found in flow.store.list()}
    assert len(arrived) < 600
    flow.node.start()
    flow.settle()
    assert_arrived(flow, files)
    assert {key: etag for key, etag in _etags(flow.store).items() if key in arrived} == arrived


@pytest.mark.stack
def test_a_killed_python_process_loses_nothing(flow: Replication) -> None:
    from ticklake_assets_tests.stack.nifi_node import wait_until

    files = land_small(flow.landing, 600)
    wait_until(lambda: len(list(flow.store.list())) >= 50)
    killed = [pid for pid in flow.node.python_processes() if not os.kill(pid, signal.SIGKILL)]
    assert killed
    flow.settle()
    assert_arrived(flow, files)


@pytest.mark.stack
def test_a_day_is_waited_for_and_a_stopped_flow_is_a_clear_error(flow: Replication) -> None:
    from stack.nifi.flow import start, stop

    stop(flow.node.url)
    land(flow.landing, DAY, make_raw(3))
    impatient = NiFiReplicator(flow.landing, flow.store, flow.node.url, patience_s=3)
    assert impatient.status().state == "stopped"
    with pytest.raises(TransientError, match=f"{raw_key(DAY)} was not brought by NiFi.*within 3 s"):
        impatient.deliver(DAY)
    threading.Timer(1, start, [flow.node.url]).start()
    assert flow.replicator.deliver(DAY) == [raw_key(DAY)]
    assert flow.store.get(raw_key(DAY)) == make_raw(3)


@pytest.mark.stack
def test_another_definition_replaces_the_flow_and_keeps_its_queues(flow: Replication, tmp_path: Path) -> None:
    from stack.nifi import flow as deployment
    from ticklake_assets_tests.stack.nifi_node import wait_until

    flow.schedule("Put into the lake", running=False)
    files = land_small(flow.landing, 20)
    wait_until(lambda: flow.queue("to put").files == 20)
    values = {"landing.folder": str(flow.landing)}
    changed = tmp_path / "flow.json"
    changed.write_text(
        deployment.DEFINITION.read_text().replace(
            '"backPressureObjectThreshold": 200', '"backPressureObjectThreshold": 40'
        )
    )
    deployment.deploy(flow.node.url, values, flow.secrets, changed)
    assert flow.queue("to put")[1:] == (20, sum(map(len, files.values())), 50)
    deployment.deploy(flow.node.url, values, flow.secrets)
    assert flow.queue("to put").percent == 10
    deployment.start(flow.node.url)
    flow.settle()
    assert_arrived(flow, files)


@pytest.mark.stack
def test_wrong_keys_of_the_lake_are_told_and_lose_nothing(flow: Replication) -> None:
    from stack.nifi import flow as deployment
    from ticklake_assets_tests.stack.nifi_node import wait_until

    deployment.deploy(flow.node.url, {}, {**flow.secrets, "s3.secret.key": "wrong"})
    files = land_small(flow.landing, 5)
    wait_until(lambda: flow.queue("to put").files == 5)
    prefix = flow.store.uri("x").split("/")[3]  # older complaints name another one
    wait_until(lambda: prefix in " ".join(flow.replicator.status().bulletins))
    assert flow.stored() == {}
    deployment.deploy(flow.node.url, {}, flow.secrets)
    flow.settle()
    assert_arrived(flow, files)


@pytest.mark.stack
def test_a_nifi_without_the_flow_says_what_to_do(
    nifi: Node, local_store: ObjectStore, tmp_path: Path
) -> None:
    from nipyapi import canvas

    from stack.nifi import flow as deployment
    from ticklake_assets_tests.stack.nifi_node import canvas_of

    canvas_of(nifi)
    if found := canvas.get_process_group(NIFI_FLOW, greedy=False):
        deployment.stop(nifi.url)
        canvas.delete_process_group(found, force=True)
    with pytest.raises(SetupError, match="Expected the flow 'ticklake replication', was none"):
        NiFiReplicator(tmp_path, local_store, nifi.url).status()
    with pytest.raises(SetupError, match="`ticklake replicate deploy`"):
        deployment.start(nifi.url)


def test_a_file_is_waited_for_until_it_lies_in_the_lake(local_store: ObjectStore, tmp_path: Path) -> None:
    """The way of a file through NiFi, gone by hand."""
    landing = tmp_path / "landing"
    path = land(landing, DAY, make_raw(3))
    taken = landing / "done" / path.relative_to(landing)
    replicator = NiFiReplicator(landing, local_store, "http://127.0.0.1:9", patience_s=0)
    with pytest.raises(TransientError, match="see `ticklake replicate status`"):
        replicator.deliver(DAY)
    taken.parent.mkdir(parents=True)
    path.rename(taken)
    with pytest.raises(TransientError):
        replicator.deliver(DAY)
    local_store.create(raw_key(DAY), make_raw(3))
    assert replicator.deliver(DAY) == [raw_key(DAY)]
    shutil.copy(taken, waiting_path(landing, DAY))
    with pytest.raises(TransientError):  # NiFi has not looked at it yet: it may be a conflict
        replicator.deliver(DAY)


def test_a_conflict_is_an_error_until_a_person_has_looked(local_store: ObjectStore, tmp_path: Path) -> None:
    local_store.create(raw_key(DAY), make_raw(3))
    kept = tmp_path / "conflict/ticks/EURUSD/2024/01/0123456789abcdef" / waiting_path(tmp_path, DAY).name
    kept.parent.mkdir(parents=True)
    kept.write_bytes(make_raw(4))
    replicator = NiFiReplicator(tmp_path, local_store, "http://127.0.0.1:9", patience_s=0)
    with pytest.raises(ImmutabilityError, match=str(kept)):
        replicator.deliver(DAY)
    kept.unlink()
    assert replicator.deliver(DAY) == []


def _etags(store: ObjectStore) -> dict[str, str]:
    return {found.key: found.etag for found in store.list()}
