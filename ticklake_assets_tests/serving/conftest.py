"""What the endpoint's tests share: a dirty day and a live model. They only read both."""

from __future__ import annotations

import pytest

from serving.endpoint.models.store import ModelStore
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.recorded_day import RecordedDay, record_day


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RecordedDay:
    return record_day(tmp_path_factory.mktemp("landing"))


@pytest.fixture(scope="session")
def scored(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    folder = tmp_path_factory.mktemp("scored")
    models = ModelStore(folder / "models", folder / "keys")
    models.push(make_deployment(folder / "keys", "SYNEUR"))
    return models
