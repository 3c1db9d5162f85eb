from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated

import httpx
import pytest
from fastapi import Body, FastAPI
from pydantic import BaseModel, ConfigDict, Field

from serving.endpoint.refusals import answer_errors
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, bearer, running_endpoint


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with running_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("POST", "/v1/bundles?replace_newer=null", 422, "query replace_newer: Expected a valid boolean, was 'null'"),
        ("GET", "/v1/nothing", 404, "There is no /v1/nothing: /openapi.json lists the calls"),
        ("GET", "/docs/scripts/nothing.js", 404, "Not Found"),
        ("GET", "/", 404, "There is no /: /openapi.json lists the calls"),
        ("GET", "/v1/models/", 404, "There is no /v1/models/: /openapi.json lists the calls"),
        ("DELETE", "/v1/models", 405, "Method Not Allowed"),
        ("GET", "/v1/bundles", 405, "Method Not Allowed"),
    ],
)  # fmt: skip
def test_every_error_has_the_one_shape(
    endpoint: RunningEndpoint, method: str, path: str, status: int, error: str
) -> None:
    response = httpx.request(method, endpoint.url + path, headers=bearer(endpoint.token))
    assert (response.status_code, response.json()) == (status, {"error": error})
    assert response.headers["content-type"] == "application/json"


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    lots: Annotated[float, Field(gt=0)]
    legs: list[int] = []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('{"lots": 0}', "body lots: Expected greater than 0, was 0"),
        ('{"lots": 1, "legs": [1, "x"]}', "body legs.1: Expected a valid integer, was 'x'"),
        ("{}", "body lots: Expected a value, was absent"),
        ('{"lots": 1, "more": null}', "body more: Extra inputs are not permitted, was None"),
        ("[1", "body: Expected JSON, was none at character 2 (Expecting ',' delimiter)"),
        ('{"lots": "\\ud800"}', r"body lots: Expected a valid string, was '\ud800'"),
        ("", "body: Expected a value, was absent"),
        ("[]", "body: Expected a valid dictionary or object to extract fields from, was []"),
    ],
)  # fmt: skip
def test_a_body_that_misfits_names_its_first_field(body: str, error: str) -> None:
    app = FastAPI()

    @app.post("/orders")
    async def order(_: Annotated[_Order, Body()]) -> None: ...

    answer_errors(app)

    async def ask() -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            return await client.post("/orders", content=body, headers=headers)

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.json()) == (422, {"error": error})
