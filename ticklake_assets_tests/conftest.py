"""What every test may use: the real sample data, where it is present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ticklake_assets.telemetry import turn_off_telemetry

REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_configure() -> None:
    turn_off_telemetry()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real ticks; its README says what is in it."""
    folder = Path(os.environ.get("TICKLAKE_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real tick data is absent: no folder {folder}; set TICKLAKE_TEST_DATA")
    return folder
