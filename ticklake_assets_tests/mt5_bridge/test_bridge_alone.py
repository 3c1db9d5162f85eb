"""These tests on a machine that has the bridge and nothing else of ticklake."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ticklake_assets_tests.mt5_bridge.conftest import NEEDS

HERE = Path(__file__).parent
ABSENT = (
    "boto3", "cryptography", "dagster", "duckdb", "fastapi", "mlflow", "numba", "onnx", "onnxruntime", "orjson",
    "pandas", "polars", "psutil", "pyarrow", "pyiceberg", "pyspark", "resource", "scipy", "sqlalchemy", "starlette",
    "ticklake_assets.files", "uvicorn",
)  # fmt: skip
"""Libraries of other extras, and what Windows has not; `fcntl` is asked for by its platform, and stays."""
COLLECT = f"""
import sys
sys.modules.update(dict.fromkeys({ABSENT}))  # None: importing it fails
import pytest
folder = sys.argv[1]
options = ["--collect-only", "-qq", "-o", "addopts=", "-o", "filterwarnings=error", "-p", "no:cacheprovider"]
options.append(f"--confcutdir={{folder}}")
ignored = [f"--ignore={{folder}}/{{name}}" for name in ("test_files.py", "test_bridge_alone.py")]
sys.exit(pytest.main([*options, *ignored, folder]))
"""


def test_what_needs_no_more_can_be_run_there() -> None:
    start = [sys.executable, "-c", COLLECT, str(HERE)]
    done = subprocess.run(start, cwd=HERE.parent.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    found = {
        (HERE.parent.parent / line.partition(":")[0]).relative_to(HERE).as_posix()
        for line in done.stdout.splitlines()
        if "test_" in line
    }
    every = {path.relative_to(HERE).as_posix() for path in HERE.rglob("test_*.py")} - {"test_bridge_alone.py"}
    assert found == every - NEEDS.keys()


def test_text_is_written_with_the_same_bytes_on_windows() -> None:
    """A text file opened for writing turns line ends into CRLF there, unless it is told not to."""
    product = HERE.parent.parent / "mt5_bridge"
    written = [path.name for path in product.rglob("*.py") if ".write_text(" in path.read_text()]
    assert written == []
