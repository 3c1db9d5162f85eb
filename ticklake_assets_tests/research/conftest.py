"""One lake with everything, for all who only look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ticklake_assets.research.lake import Lake
from ticklake_assets_tests.research.homes import synthetic_lake


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with synthetic_lake(tmp_path_factory.mktemp("research") / "home") as lake:
        yield lake
