"""What every test may use: the real sample data, where it is present."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from ticklake_assets.spark.configuration import prepare_process, spark_conf
from ticklake_assets.telemetry import turn_off_telemetry

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ticklake_assets_tests.lifecycle.lives import Life
    from ticklake_assets_tests.stack.nifi_node import Node

pytest_plugins = ["ticklake_assets_tests.s3_server"]

REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    turn_off_telemetry()
    hypothesis.settings.register_profile("noisy", deadline=None)  # speed is a benchmark's business
    hypothesis.settings.load_profile("noisy")
    for size in ("COLUMNS", "LINES"):  # a terminal's; pytest-xdist hands them to its workers
        os.environ.pop(size, None)
    # A home of its own: a stack that is up in the developer's would lend its environment to every test.
    home = tempfile.TemporaryDirectory(prefix="ticklake-home-")
    os.environ["TICKLAKE_HOME"] = home.name
    config.add_cleanup(home.cleanup)
    os.environ["TICKLAKE_CONFIG"] = os.devnull  # nor does the developer's ticklake.toml


USE_SPARK = re.compile(
    r"ticklake_assets_tests/(spark/|resources/test_spark|defs/(landing|raw/test_assets|parquet|clean|gold|test_disks))"
)
"""Files whose tests take the fixture `spark`."""


class LoadTogether(LoadFileScheduling):
    """A file's tests stay together, and so do all that use Spark: every worker that has one of them starts its own."""

    def _split_scope(self, nodeid: str) -> str:
        return "spark" if USE_SPARK.match(nodeid) else str(super()._split_scope(nodeid))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file that uses Spark and is not among those would start a second one, unseen."""
    using = {item.nodeid.split("::")[0] for item in items if "spark" in getattr(item, "fixturenames", ())}
    if forgotten := sorted(file for file in using if not USE_SPARK.match(file)):
        raise pytest.UsageError(f"USE_SPARK in conftest.py lacks {', '.join(forgotten)}")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadTogether | None:
    return LoadTogether(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real ticks; its README says what is in it."""
    folder = Path(os.environ.get("TICKLAKE_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real tick data is absent: no folder {folder}; set TICKLAKE_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """One local Spark for all tests: it takes ten seconds to start."""
    from pyspark.sql import SparkSession

    prepare_process()
    conf = spark_conf("local[2]", "2g", cores=2)
    # Tests run each plan a few times: what the optimizing compiler would save later, it costs twice over now.
    conf["spark.driver.extraJavaOptions"] += " -XX:TieredStopAtLevel=1"
    builder = SparkSession.builder
    for key, value in conf.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def nifi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """One NiFi for all tests: it takes a quarter of a minute to start."""
    from ticklake_assets_tests.stack.nifi_node import Node

    node = Node(tmp_path_factory.mktemp("nifi"))
    try:
        node.start()
        yield node
    finally:
        node.stop()


@pytest.fixture(scope="session")
def empty_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's database without a model, to be copied: making one takes seconds."""
    from ticklake_assets.storage.models.registry import ModelRegistry

    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    assert (
        ModelRegistry(f"sqlite:///{path}")._asked_versions("") == []
    )  # MLflow makes its tables at the first question
    return path


@pytest.fixture
def life(tmp_path: Path, empty_mlflow: Path) -> Iterator[Life]:
    """An endpoint, a lake and a registry of the test's own."""
    from ticklake_assets_tests.lifecycle.lives import living

    with living(tmp_path, empty_mlflow) as life:
        yield life
