from __future__ import annotations

from pathlib import Path

import pytest

from stack.services.prometheus import TEMPLATE
from stack.services.registry import SERVICES, chosen, with_needs, with_users
from ticklake_assets.core.errors import SetupError
from ticklake_assets_tests.stack.scripted import new_site


def test_each_stands_behind_what_it_needs() -> None:
    """`up` and `down` rely on it."""
    names = list(SERVICES)
    assert {name: service.name for name, service in SERVICES.items()} == {name: name for name in names}
    for service in SERVICES.values():
        before = (*service.needs, *service.after)
        assert all(names.index(name) < names.index(service.name) for name in before), service.name


def test_port_names_are_nobody_elses() -> None:
    ports = [port for service in SERVICES.values() for port in service.ports]
    assert len(set(ports)) == len(ports)


def test_what_is_needed_comes_along() -> None:
    assert [service.name for service in with_needs(["mlflow"])] == ["seaweedfs", "postgres", "mlflow"]


def test_no_name_means_all_but_the_optional_ones() -> None:
    left_out = set(SERVICES) - {service.name for service in with_needs([])}
    assert left_out == {"spark-master", "spark-worker"}


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(SetupError, match=r"Expected a service of seaweedfs, postgres.*, was 'minio'"):
        chosen(["minio"])


def test_what_needs_it_goes_along() -> None:
    assert [service.name for service in with_users(["postgres"])] == [
        "postgres", "mlflow", "trino", "spark", "dagster-webserver", "exporter", "dagster-daemon"
    ]  # fmt: skip
    assert [service.name for service in with_users(["endpoint", "spark-master"])] == [
        "spark-master", "spark-worker", "endpoint"
    ]  # fmt: skip


def test_the_daemon_starts_when_all_that_it_may_use_has() -> None:
    """Its sensors keep the addresses that they find, and it starts runs at once. Those that watch are not for it."""
    daemon, watching = SERVICES["dagster-daemon"], {"exporter", "alertmanager", "prometheus"}
    by_default = {service.name for service in with_needs([])}
    assert {*daemon.needs, *daemon.after} == by_default - {daemon.name} - watching


def test_nothing_offers_an_address_after_the_daemon_has_started(tmp_path: Path) -> None:
    site, names = new_site(tmp_path), list(SERVICES)
    later = names[names.index("dagster-daemon") + 1 :]
    assert [name for name in later if SERVICES[name].settings(site)] == []


def test_prometheus_knows_each_service_that_has_figures() -> None:
    text = TEMPLATE.read_text()
    for service in SERVICES.values():
        assert (f"$targets/{service.name}.json" in text) == bool(service.metrics_port), service.name
        assert service.metrics_port in ("", *service.ports)
