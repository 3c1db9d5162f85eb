"""The model pages over a real lake, registry and endpoint; what the child process would do is done in this one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving.pipeline.app import create_app
from serving.pipeline.sources.all import Sources
from serving.pipeline.sources.models import Models
from ticklake_assets.settings import Settings
from ticklake_assets.storage.models.versions import ModelVersion
from ticklake_assets_tests.lifecycle.lives import Life, living
from ticklake_assets_tests.serving.pipeline.conftest import SignIn


class InProcess:
    """`ticklake model promote` and `rollback` by the code that the command runs, without its seconds of imports."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self.asked: list[tuple[str, ...]] = []

    def run(self, *words: str) -> str:
        self.asked.append(words)
        promotion = self._life.promotion
        group, action, symbol, *version = words
        assert group == "model"
        if action == "rollback":
            return f"{promotion.rollback(symbol)} is champion again"
        return f"{promotion.promote(promotion.registry.find(symbol, version[0]))} is champion"


class Known(NamedTuple):
    """Four versions: two that passed, one that was rejected, one that nobody judged."""

    life: Life
    passed: ModelVersion
    later: ModelVersion
    rejected: ModelVersion
    unseen: ModelVersion


@pytest.fixture(scope="package")
def known(tmp_path_factory: pytest.TempPathFactory, empty_mlflow: Path) -> Iterator[Known]:
    """To be read: nobody trades."""
    with living(tmp_path_factory.mktemp("versions"), empty_mlflow) as life:
        yield _known(life)


@pytest.fixture
def changing(tmp_path: Path, empty_mlflow: Path) -> Iterator[Known]:
    """To be promoted and rolled back."""
    with living(tmp_path, empty_mlflow) as life:
        yield _known(life)


def _known(life: Life) -> Known:
    days = [date(2024, 1, day) for day in (10, 12, 14, 16)]
    verdicts = ("passed", "passed", "rejected", None)
    made = [
        life.version(seed, day, verdict)
        for seed, (day, verdict) in enumerate(zip(days, verdicts, strict=True), 1)
    ]
    return Known(life, *made)


@pytest.fixture
def models(known: Known) -> Models:
    return Sources(known.life.endpoint.settings).models


@pytest.fixture
def living_now(request: pytest.FixtureRequest) -> Known:
    """The versions of the test: its own where it changes them."""
    name = "changing" if "changing" in request.fixturenames else "known"
    found: Known = request.getfixturevalue(name)
    return found


@pytest.fixture
def settings(living_now: Known) -> Settings:
    """Of the home that the test's versions lie in."""
    life = living_now.life
    return life.endpoint.settings.model_copy(update={"endpoint_url": life.endpoint.url})


@pytest.fixture
def app(settings: Settings, living_now: Known) -> Iterator[FastAPI]:
    made = create_app(settings)
    made.state.sources.commands = InProcess(living_now.life)
    yield made
    made.state.access.close()


@pytest.fixture
def page(signed_in: SignIn) -> TestClient:
    """Somebody who may see, and no more."""
    return signed_in()
