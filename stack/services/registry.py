"""The services of the stack, in the order in which they are shown. A new one is a module and a line here."""

from __future__ import annotations

from collections.abc import Sequence

from stack.service import Service
from stack.services.alertmanager import Alertmanager
from stack.services.dagster import DagsterDaemon, DagsterWebserver
from stack.services.endpoint import EndpointService
from stack.services.exporter import Exporter
from stack.services.mlflow import MLflow
from stack.services.nifi import NiFi
from stack.services.pages import PagesService
from stack.services.postgres import Postgres
from stack.services.prometheus import Prometheus
from stack.services.seaweedfs import SeaweedFS
from stack.services.spark import SparkConnect
from stack.services.spark_cluster import SparkMaster, SparkWorker
from stack.services.trino import Trino
from ticklake_assets.core.errors import SetupError

SERVICES: dict[str, Service] = {
    service.name: service
    for service in (
        SeaweedFS(),
        Postgres(),
        MLflow(),
        NiFi(),
        Trino(),
        SparkMaster(),
        SparkWorker(),
        SparkConnect(),
        DagsterWebserver(),
        EndpointService(),
        Exporter(),
        Alertmanager(),
        Prometheus(),
        PagesService(),
        DagsterDaemon(),
    )
}


def chosen(names: Sequence[str]) -> list[Service]:
    """The named services, in the order of the registry."""
    for name in names:
        if name not in SERVICES:
            raise SetupError(f"Expected a service of {', '.join(SERVICES)}, was {name!r}")
    return [service for service in SERVICES.values() if service.name in names]


def with_needs(names: Sequence[str]) -> list[Service]:
    """The named services and all that they need, each behind what it needs; no name: all that start by default."""
    found: dict[str, Service] = {}

    def add(service: Service) -> None:
        for need in chosen(service.needs):
            add(need)
        found[service.name] = service

    for service in chosen(names) if names else SERVICES.values():
        if names or service.by_default:
            add(service)
    return list(found.values())


def with_users(names: Sequence[str]) -> list[Service]:
    """The named services and all that need them, which would be of no use without, each behind what it needs."""
    found = {service.name for service in chosen(names)}
    for service in SERVICES.values():
        if found & set(service.needs):
            found.add(service.name)
    return chosen(list(found))
