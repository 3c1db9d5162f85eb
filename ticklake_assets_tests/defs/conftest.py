"""One graph and one Spark for the tests that execute assets: each test takes days of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from ticklake_assets_tests.defs.graphs import Graph, load_graph

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Iterator[Graph]:
    folder = tmp_path_factory.mktemp("graph")
    (folder / "source").mkdir()
    with dg.DagsterInstance.ephemeral() as instance:
        yield load_graph(folder, instance, source="folder", source_dir=str(folder / "source"))
