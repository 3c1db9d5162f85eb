"""Trino: SQL over the gold tables, with the Iceberg plugin alone."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

from stack.http import answers
from stack.java import java_of
from stack.maven import CHECKSUMS, fetch
from stack.service import Program, Service
from stack.services import postgres, seaweedfs
from stack.services.postgres_roles import password_of
from stack.site import Site
from ticklake_assets.files import locked
from ticklake_assets.spark.java import JavaNeed

VERSION = "476"
"""The last server that Maven Central carries."""
SERVER = f"io.trino:trino-server-core:{VERSION}:tar.gz"
ICEBERG = f"io.trino:trino-iceberg:{VERSION}:zip"
TEMPLATES = Path(__file__).parents[1] / "templates" / "trino"
CATALOG = "lake"
"""Name of the catalog in SQL (a file of that name in the templates) and of its rows in Postgres."""
WAREHOUSE = f"s3://{seaweedfs.BUCKET}/warehouse"
PLUGINS = "enabled"
"""A folder of its own: Trino loads whatever lies beside a plugin."""


class Trino(Service):
    """One process, coordinator and worker, on a heap of 1 GB (templates/trino/jvm.config)."""

    name = "trino"
    ports = ("trino",)
    metrics_port = "trino"
    needs = ("postgres", "seaweedfs")
    java = JavaNeed(least=24)
    ready_s = 240

    def install(self, site: Site) -> None:
        install_server(site.cache)

    def configure(self, site: Site) -> None:
        """Copy the templates as they are: what differs reaches Trino by its environment, so no file holds a secret."""
        shutil.copytree(TEMPLATES, _etc(site), dirs_exist_ok=True)

    def program(self, site: Site) -> Program:
        home, etc = home_in(site.cache), _etc(site)
        options = {
            "config": etc / "config.properties",
            "log.levels-file": etc / "log.properties",
            "log.enable-console": "true",
            "node.environment": "stack",
            "node.id": "stack",
            "node.data-dir": site.folder_of(self.name),
        }
        return Program(
            command=[
                java_of(self) / "bin" / "java",
                f"@{etc / 'jvm.config'}",
                *(f"-D{name}={value}" for name, value in options.items()),
                "-cp",
                f"{home}/lib/*",
                "io.trino.server.TrinoServer",
            ],
            environment={
                "TRINO_PORT": str(site.port("trino")),
                "TRINO_ETC": str(etc),
                "TRINO_PLUGINS": str(home / PLUGINS),
                "WAREHOUSE": WAREHOUSE,
                "S3_ENDPOINT": seaweedfs.endpoint(site),
                "POSTGRES_URL": f"jdbc:postgresql://127.0.0.1:{site.port('postgres')}/iceberg",
                "POSTGRES_USER": self.name,
                "POSTGRES_PASSWORD": password_of(site, self.name),
                **seaweedfs.credentials(site),
            },
        )

    def is_healthy(self, site: Site) -> bool:
        return answers(f"{self.address(site)}/v1/info", containing='"starting":false')

    def settle(self, site: Site) -> None:
        postgres.make_catalog(site)

    def address(self, site: Site) -> str:
        return f"http://127.0.0.1:{site.port('trino')}"

    def settings(self, site: Site) -> dict[str, str]:
        return {"TICKLAKE_SQL_URL": f"trino://ticklake@127.0.0.1:{site.port('trino')}/{CATALOG}"}


def home_in(cache: Path) -> Path:
    return cache / f"trino-{VERSION}"


def install_server(cache: Path, checksums: Path = CHECKSUMS) -> None:
    """Unpack server and plugin, once for all stacks of the user; the folder appears when it is complete."""
    home = home_in(cache)
    with locked(cache / "maven" / "trino.lock"):  # whoever is first removes the archives
        if home.exists():
            return
        archives = [fetch(cache, SERVER, checksums), fetch(cache, ICEBERG, checksums)]
        with tempfile.TemporaryDirectory(dir=cache, prefix=".trino-") as folder:
            _unpack(Path(folder), *archives).rename(home)
        for archive in archives:
            archive.unlink()


def _etc(site: Site) -> Path:
    return site.folder_of(Trino.name) / "etc"


def _unpack(folder: Path, server: Path, plugin: Path) -> Path:
    with tarfile.open(server) as archive:
        archive.extractall(folder, filter="data")
    home = folder / f"trino-server-core-{VERSION}"
    with zipfile.ZipFile(plugin) as archive:
        archive.extractall(home / PLUGINS)  # noqa: S202 its sha256 is known, and zipfile stays in the folder
    (home / PLUGINS / f"trino-iceberg-{VERSION}").rename(home / PLUGINS / "iceberg")
    return home
