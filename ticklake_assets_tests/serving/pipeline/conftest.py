"""The pages over an empty home, called by their own address; what is signed in has a session like a browser's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving.pipeline.access.door import COOKIE
from serving.pipeline.access.roles import Person, Role
from serving.pipeline.access.sessions import LINK, csrf_of
from serving.pipeline.app import create_app
from ticklake_assets.settings import Settings

SignIn = Callable[..., TestClient]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def app(settings: Settings) -> Iterator[FastAPI]:
    made = create_app(settings)
    yield made
    made.state.access.close()


@pytest.fixture
def client(app: FastAPI, settings: Settings) -> TestClient:
    """Somebody whom nobody knows yet."""
    return TestClient(app, base_url=settings.pages_url, follow_redirects=False)


@pytest.fixture
def signed_in(client: TestClient) -> SignIn:
    """`signed_in("research")`: the client as a person with these roles; its calls say their token."""

    def sign_in(*roles: Role, name: str = "anna") -> TestClient:
        person = Person(name, frozenset({"see", *roles}))
        number = client.app.state.access.sessions.begin(person, LINK)  # type: ignore[attr-defined]
        client.cookies.set(COOKIE, number)
        client.headers["X-CSRF-Token"] = csrf_of(number)
        return client

    return sign_in
