"""What every test may use: the real sample data, where it is present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real ticks; its README says what is in it."""
    folder = Path(os.environ.get("TICKLAKE_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real tick data is absent: no folder {folder}; set TICKLAKE_TEST_DATA")
    return folder
