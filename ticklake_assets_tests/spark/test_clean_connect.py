"""The same cleaning code over Spark Connect, in a process of its own: a process speaks one of the two."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from ticklake_assets.spark.java import find_java
from ticklake_assets_tests.oracles.clean_polars import clean_by_polars
from ticklake_assets_tests.spark.same_rows import assert_same_rows
from ticklake_assets_tests.spark.test_clean import generated_days, read_parts

SCRIPT = """
import sys
from pyspark.sql import SparkSession
from pyspark.sql.connect.session import SparkSession as ConnectSession
from ticklake_assets.spark.clean import classify, clean_rows, quarantine_rows
from ticklake_assets.spark.configuration import spark_conf

folder = sys.argv[1]
builder = SparkSession.builder.remote("local[1]").config("spark.connect.grpc.binding.address", "127.0.0.1")
builder = builder.config("spark.sql.shuffle.partitions", "1")
for key, value in spark_conf("sc://127.0.0.1", "1g", cores=1).items():
    if key != "spark.remote":
        builder = builder.config(key, value)
session = builder.getOrCreate()
assert isinstance(session, ConnectSession)
classified = classify(session.read.parquet(f"{folder}/ticks.parquet")).persist()
clean_rows(classified).write.parquet(f"{folder}/clean")
quarantine_rows(classified).write.parquet(f"{folder}/quarantine")
classified.unpersist()
session.stop()
"""


@pytest.mark.slow
def test_connect_gives_the_rows_of_the_oracle(tmp_path: Path) -> None:
    ticks = generated_days(60)
    pq.write_table(ticks, tmp_path / "ticks.parquet")
    environment = {**os.environ, "JAVA_HOME": str(find_java())}
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-2_000:]
    expected = clean_by_polars(pl.DataFrame(ticks))
    assert_same_rows(read_parts(tmp_path / "clean"), expected.clean)
    assert_same_rows(read_parts(tmp_path / "quarantine"), expected.quarantine)
