from __future__ import annotations

import socket
from pathlib import Path

from stack.doctor import diagnoses
from stack.ports import GRPC_OFFSET
from ticklake_assets.spark.java import JavaNeed
from ticklake_assets_tests.stack.scripted import Scripted, new_site, running


def test_it_looks_and_names_what_is_there(tmp_path: Path) -> None:
    site, future = new_site(tmp_path), Scripted("future")
    future.java = JavaNeed(least=99)
    (site.cache / "trino").mkdir(parents=True)
    (site.cache / "trino" / "server.jar").write_bytes(bytes(1 << 25))
    found = {diagnosis.line.partition(":")[0]: diagnosis for diagnosis in diagnoses(site, [future])}
    assert found["weed"].is_well
    assert found["postgres"].is_well
    assert not found["future"].is_well
    assert "Expected Java 99 or later" in found["future"].line
    assert found["cache"].line == f"cache: {site.cache / 'trino'}, 0.03 GiB"
    assert f"room at {tmp_path}" in found
    assert not site.folder.exists()


def test_a_port_that_was_taken_since_is_named(tmp_path: Path) -> None:
    site, one = new_site(tmp_path), Scripted("one")
    with running(site, one):
        pass
    with socket.create_server(("127.0.0.1", site.port("one"))):
        lines = [diagnosis.line for diagnosis in diagnoses(site, [one]) if not diagnosis.is_well]
    assert f"port {site.port('one')} of one: another program listens there, end it" in lines


def test_memory_is_asked_for_before_they_take_it_and_not_after(tmp_path: Path) -> None:
    site, one = new_site(tmp_path), Scripted("one")

    def asks() -> bool:
        return any(diagnosis.line.startswith("memory: ") for diagnosis in diagnoses(site, [one]))

    assert asks()
    with running(site, one):
        assert not asks()


def test_a_taken_neighbour_matters_where_there_is_grpc(tmp_path: Path) -> None:
    site, one = new_site(tmp_path), Scripted("one")
    neighbour = site.port("one") + GRPC_OFFSET

    def complaints() -> list[str]:
        return [line for is_well, line in diagnoses(site, [one]) if not is_well and line.startswith("port ")]

    with socket.create_server(("127.0.0.1", neighbour)):
        assert complaints() == []
        one.has_grpc = True
        assert complaints() == [f"port {neighbour} of one: another program listens there, end it"]
