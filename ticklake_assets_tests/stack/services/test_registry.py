from __future__ import annotations

import pytest

from stack.services.registry import SERVICES, chosen, with_needs
from ticklake_assets.core.errors import SetupError


def test_each_stands_behind_what_it_needs() -> None:
    """`down` relies on it."""
    names = list(SERVICES)
    assert {name: service.name for name, service in SERVICES.items()} == {name: name for name in names}
    for service in SERVICES.values():
        assert all(names.index(need) < names.index(service.name) for need in service.needs), service.name


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
