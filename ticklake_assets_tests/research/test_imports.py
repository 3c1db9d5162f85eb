from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json, sys, time
began = time.process_time()
from ticklake_assets.research import open_lake, simulate
print(json.dumps([time.process_time() - began, sorted({name.partition(".")[0] for name in sys.modules})]))
"""
HEAVY = {
    "boto3", "dagster", "duckdb", "dvc", "matplotlib", "mlflow", "pandas", "polars", "psycopg2", "pyiceberg", "pyspark",
    "sqlalchemy", "trino", "xgboost",
}  # fmt: skip


def test_it_starts_within_a_second_and_loads_nothing_heavy() -> None:
    command = [sys.executable, "-c", PROGRAM]
    for _ in range(3):  # the first fills the caches of the disk
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, loaded = json.loads(answer.stdout)
        if seconds < 1.0:
            break
    assert HEAVY & set(loaded) == set()
    assert seconds < 1.0
