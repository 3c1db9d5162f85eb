"""One real endpoint for the routes' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint


@pytest.fixture(scope="package")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with running_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running
