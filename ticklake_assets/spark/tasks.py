"""Hand items out to Spark's workers."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import pyarrow as pa
from pyspark.sql import SparkSession

Item = TypeVar("Item")
_ITEMS_A_TASK = 4
"""A task costs PySpark a tenth of a second of CPU, more than the cleaning of a day."""


def on_workers(session: SparkSession, work: Callable[[Item], None], items: Sequence[Item]) -> None:
    """Call `work` with every item; where a worker dies its task runs again, so `work` must bear that.

    `work` is a function of a module that workers import, or a partial of one. A worker holds one item at a time.
    """
    if not items:
        return
    given = list(items)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        gc.freeze()  # PySpark collects after every task: over all that numba and pyarrow hold, a fifth of a second
        for batch in batches:
            for at in batch["id"].to_pylist():
                work(given[at])
            yield batch

    tasks = -(-len(given) // _ITEMS_A_TASK)
    session.range(0, len(given), 1, tasks).mapInArrow(run, "id long").count()
