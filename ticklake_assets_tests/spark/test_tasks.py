"""Items handed out to Spark's workers, in this process's Spark."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.spark.faults import plain_faults
from ticklake_assets.spark.tasks import on_workers
from ticklake_assets.storage.partitions.day_cleaning import LakePlace, Work, clean_day
from ticklake_assets_tests.core.dirty_days import DAY


def test_every_item_is_worked_on_once_and_elsewhere(spark: SparkSession, tmp_path: Path) -> None:
    def work(item: str) -> None:
        with (tmp_path / item).open("x") as file:
            file.write(str(os.getpid()))

    items = [f"item {number}" for number in range(7)]
    on_workers(spark, work, items)
    assert sorted(path.name for path in tmp_path.iterdir()) == items
    assert str(os.getpid()) not in {path.read_text() for path in tmp_path.iterdir()}


def test_nothing_to_do_starts_nothing(spark: SparkSession) -> None:
    on_workers(spark, print, [])


def test_what_a_task_misses_is_one_line_of_its_kind(spark: SparkSession, tmp_path: Path) -> None:
    work = Work(DAY, (("absent.parquet", "0" * 64),), "clean.parquet", "quarantine.parquet")
    with pytest.raises(MissingDataError) as raised, plain_faults("local[2]"):
        on_workers(spark, partial(clean_day, LakePlace(tmp_path.as_uri())), [work])
    assert str(raised.value).startswith(f"Spark on local[2]. No object {tmp_path}/absent.parquet. Expected ")
    assert "\n" not in str(raised.value)
