"""Spark Connect: one warm driver, on this machine's cores or on a standalone cluster where one was started."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from string import Template

from stack.process import is_alive
from stack.service import Program, Service
from stack.services import postgres, seaweedfs
from stack.services.postgres_roles import password_of
from stack.site import Site
from stack.spark_jars import install_jars, jars_folder
from ticklake_assets.files import replace_file
from ticklake_assets.spark.configuration import executor_environment
from ticklake_assets.spark.java import SPARK, find_java
from ticklake_assets.spark.s3a import s3a_properties

TEMPLATES = Path(__file__).parents[1] / "templates" / "spark"
CLUSTER = "spark-master"
"""Service that the driver works through where it runs when the driver starts."""
_SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"


class SparkConnect(Service):
    """A gRPC server in front of one driver; sessions come and go with the runs."""

    name = "spark"
    ports = ("spark", "spark-ui")
    needs = ("seaweedfs", "postgres")
    java = SPARK

    def install(self, site: Site) -> None:
        install_jars(site.cache)

    def configure(self, site: Site) -> None:
        """Write what Spark reads from SPARK_CONF_DIR; the file holds the password of Postgres."""
        shutil.rmtree(_scratch(site), ignore_errors=True)  # of a server that was killed
        text = rendered("connect.conf", **self._values(site))
        if _is_clustered(site):
            text += rendered("cluster.conf", secret=site.secret(CLUSTER))
            reach = executor_environment(seaweedfs.credentials(site))
            text += "".join(f"{key} {value}\n" for key, value in reach.items())
        text += s3a_properties(jars_folder(site.cache), seaweedfs.endpoint(site), seaweedfs.REGION)
        write_spark_conf(site.folder_of(self.name), text)

    def program(self, site: Site) -> Program:
        return Program(
            command=[pyspark_home() / "bin" / "spark-submit", "--class", _SERVER, "spark-internal"],
            environment={
                **spark_environment(site.folder_of(self.name)),
                **seaweedfs.credentials(site),
                "SPARK_CONNECT_AUTHENTICATE_TOKEN": site.secret(self.name),
            },
        )

    def is_healthy(self, site: Site) -> bool:
        from ticklake_assets.spark.connect import accepts  # a second that no other service should wait for

        return accepts(self.address(site), site.secret(self.name))

    def settle(self, site: Site) -> None:
        postgres.make_catalog(site)

    def address(self, site: Site) -> str:
        """By name: PySpark sends a token over an unencrypted line to `localhost` only."""
        return f"sc://localhost:{site.port('spark')}"

    def settings(self, site: Site) -> dict[str, str]:
        return {
            "TICKLAKE_SPARK_MASTER": self.address(site),
            "SPARK_CONNECT_AUTHENTICATE_TOKEN": site.secret(self.name),
        }

    def _values(self, site: Site) -> dict[str, object]:
        return {
            "master": f"spark://127.0.0.1:{site.port(CLUSTER)}" if _is_clustered(site) else "local[*]",
            "port": site.port("spark"),
            "ui_port": site.port("spark-ui"),
            "cores": os.cpu_count() or 1,
            "scratch": _scratch(site),
            "catalog_uri": f"jdbc:postgresql://127.0.0.1:{site.port('postgres')}/iceberg",
            "catalog_user": "spark",
            "catalog_password": password_of(site, "spark"),
            "warehouse": f"s3://{seaweedfs.BUCKET}/warehouse",
        }


def _scratch(site: Site) -> Path:
    return site.folder_of(SparkConnect.name) / "scratch"


def _is_clustered(site: Site) -> bool:
    return is_alive(site.process(CLUSTER))


def rendered(template: str, **values: object) -> str:
    return Template((TEMPLATES / template).read_text()).substitute(values)


def write_spark_conf(folder: Path, properties: str) -> None:
    """Make the folder one that SPARK_CONF_DIR may name."""
    replace_file(folder / "spark-defaults.conf", properties.encode(), private=True)
    shutil.copyfile(TEMPLATES / "log4j2.properties", folder / "log4j2.properties")


def spark_environment(conf_dir: Path) -> dict[str, str]:
    """What Spark's own start scripts take from the environment."""
    return {
        "JAVA_HOME": str(find_java()),
        "SPARK_HOME": str(pyspark_home()),
        "SPARK_CONF_DIR": str(conf_dir),
        "SPARK_LOCAL_IP": "127.0.0.1",  # web pages listen there, too
        "PYSPARK_PYTHON": sys.executable,
    }


def pyspark_home() -> Path:
    """Spark as the project's environment holds it; looked up without its import, which takes a second."""
    found = importlib.util.find_spec("pyspark")
    assert found is not None, "the extra 'assets' holds pyspark"
    assert found.origin is not None
    return Path(found.origin).parent
