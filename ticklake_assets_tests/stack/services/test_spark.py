"""Spark's services: what is written for them, and a running server."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from stack.services.postgres_roles import password_of
from stack.services.registry import with_needs
from stack.services.spark import SparkConnect, pyspark_home
from stack.services.spark_cluster import SparkMaster, SparkWorker
from stack.site import Site
from ticklake_assets.spark.connect import accepts
from ticklake_assets_tests.stack.listening import addresses_of, sockets_of
from ticklake_assets_tests.stack.scripted import bring_up, kill, new_site, process_of

SPARK = SparkConnect()
stack = pytest.mark.stack


def conf_of(site: Site, service: str) -> dict[str, str]:
    lines = (site.folder_of(service) / "spark-defaults.conf").read_text().splitlines()
    pairs = (line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))
    return {pair[0]: pair[1] for pair in pairs}


def test_the_server_is_local_without_a_cluster_and_bound_to_loopback(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    SPARK.configure(site)
    conf = conf_of(site, "spark")
    assert conf["spark.master"] == "local[*]"
    assert conf["spark.connect.grpc.binding.address"] == conf["spark.driver.bindAddress"] == "127.0.0.1"
    assert conf["spark.connect.grpc.binding.port"] == str(site.port("spark"))
    assert conf["spark.hadoop.fs.s3a.endpoint"] == f"http://127.0.0.1:{site.port('s3')}"
    assert conf["spark.sql.catalog.lake.uri"].endswith(f":{site.port('postgres')}/iceberg")
    assert conf["spark.authenticate"] == "true"
    assert "spark.authenticate.secret" not in conf
    assert not [value for value in conf.values() if "$" in value]


@pytest.mark.parametrize("service", [SPARK, SparkMaster(), SparkWorker()], ids=lambda service: service.name)
def test_only_its_owner_reads_the_secrets_and_no_command_line_holds_one(
    service: SparkConnect | SparkMaster | SparkWorker, tmp_path: Path
) -> None:
    site = new_site(tmp_path)
    service.configure(site)
    file = site.folder_of(service.name) / "spark-defaults.conf"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    command = " ".join(map(str, service.program(site).command))
    secrets = [site.secret(name) for name in ("s3", "postgres", "spark", "spark-master")]
    secrets.append(password_of(site, "spark"))
    assert not [secret for secret in secrets if secret in command]


def test_a_rerun_writes_the_same(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    written = []
    for _ in range(2):
        SPARK.configure(site)
        written.append((site.folder_of("spark") / "spark-defaults.conf").read_bytes())
    assert written[0] == written[1]


def test_spark_is_that_of_the_environment() -> None:
    assert (pyspark_home() / "bin" / "spark-class").is_file()


def test_a_server_that_is_down_is_not_healthy(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    assert not [service.name for service in (SPARK, SparkMaster(), SparkWorker()) if service.is_healthy(site)]


@stack
def test_nobody_comes_in_without_the_token(spark_site: Site, connect: SparkConnect) -> None:
    address = connect.address(spark_site)
    assert not accepts(address, "wrong")
    assert accepts(address, spark_site.secret("spark"))


@stack
def test_it_listens_on_the_loopback_interface_alone(spark_site: Site, connect: SparkConnect) -> None:
    """0100007F is 127.0.0.1, as such or inside IPv6."""
    pids = [process_of(spark_site, connect).pid]
    assert addresses_of(pids) == {"0100007F"}
    ports = {port for _, port in sockets_of(pids)}
    assert {spark_site.port(name) for name in connect.ports} <= ports


@stack
def test_a_killed_one_comes_back(spark_site: Site, connect: SparkConnect) -> None:
    before = kill(spark_site, connect)
    assert not connect.is_healthy(spark_site)
    bring_up(spark_site, *with_needs([connect.name]))
    assert process_of(spark_site, connect) != before
    assert connect.is_healthy(spark_site)
