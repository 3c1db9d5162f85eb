"""Every route, as it is found in the app: new ones are covered by being there."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Headers

from serving.endpoint.access.rate_limit import RateLimit
from serving.pipeline.access.door import Door
from serving.pipeline.access.roles import ROLES
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.pipeline.access.every_route import OPEN, contexts, filled, routes
from ticklake_assets_tests.serving.pipeline.access.seen_markup import Markup
from ticklake_assets_tests.serving.pipeline.conftest import SignIn

_SHOULD_NOT_BE_NEEDED = {"/leave"}
"""What anybody who is signed in may post."""


def test_nobody_gets_anywhere_without_signing_in(app: FastAPI, client: TestClient) -> None:
    for method, path in routes(app):
        if path in OPEN or path.startswith("/static"):
            continue
        answer = client.request(method, filled(path))
        if path.startswith("/api/") or path == "/openapi.json":
            assert answer.status_code in (401, 303), (method, path)
        else:
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/enter?next="), (method, path)


def test_what_changes_something_asks_for_more_than_to_see(app: FastAPI, signed_in: SignIn) -> None:
    client = signed_in()
    for method, path in routes(app):
        if method in ("GET", "HEAD") or path in OPEN | _SHOULD_NOT_BE_NEEDED:
            continue
        answer = client.request(method, filled(path))
        assert answer.status_code == 403, (method, path, answer.status_code)


def test_what_changes_something_asks_for_the_forms_token(app: FastAPI, signed_in: SignIn) -> None:
    client = signed_in(*ROLES)
    del client.headers["X-CSRF-Token"]
    for method, path in routes(app):
        if method in ("GET", "HEAD") or path in OPEN:
            continue
        for forged in ({}, {"csrf": "0" * 64}, {"csrf": ""}):
            answer = client.request(method, filled(path), data=forged)
            assert answer.status_code == 403, (method, path)


def _expect_strict(headers: Headers) -> None:
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers


@pytest.mark.parametrize("path", ["/enter", "/nothing", "/static/page.css", "/static/none", "/openapi.json"])
def test_every_answer_says_what_a_browser_may_do(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    _expect_strict(headers)
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


def test_answers_to_errors_do_so_too_and_say_nothing_of_the_inside(app: FastAPI, signed_in: SignIn) -> None:
    @app.get("/test/fault")
    @app.get("/api/v1/test/fault")
    def fault() -> None:
        raise ZeroDivisionError("/a/secret/path")

    found = signed_in(*ROLES)
    client = TestClient(app, base_url=found.base_url, cookies=found.cookies, raise_server_exceptions=False)
    asked = {
        ("GET", "/test/fault"): 500,
        ("GET", "/api/v1/test/fault"): 500,
        ("GET", "/nothing"): 404,
        ("GET", "/api/v1/nothing"): 404,
        ("DELETE", "/audit"): 405,
        ("GET", "/leave"): 405,
        ("GET", "/audit?at=x"): 422,
        ("GET", "/static/%2e%2e/app.py"): 404,
        ("GET", "/static/..%2fapp.py"): 404,
    }
    for (method, path), status in asked.items():
        answer = client.request(method, path)
        assert answer.status_code == status, (method, path, answer.status_code)
        _expect_strict(answer.headers)
        assert answer.headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")
        for inside in ("Traceback", "ZeroDivision", "secret", "/work", "starlette"):
            assert inside not in answer.text, (path, inside)
        if path.startswith("/api/"):
            assert list(answer.json()) == ["error"]


def test_a_program_is_told_in_json(client: TestClient) -> None:
    answer = client.get("/api/v1/nothing")
    assert (answer.status_code, list(answer.json())) == (401, ["error"])


def test_a_fragment_leads_the_whole_page_to_the_form(client: TestClient) -> None:
    answer = client.get("/data/SYNEUR", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/enter?next=%2Fdata%2FSYNEUR")


def test_a_flood_is_told_to_wait(app: FastAPI, settings: Settings) -> None:
    few = Door(app, app.state.access.sessions, settings.pages_url, calls=RateLimit(0.01, 3))
    client = TestClient(few, base_url=settings.pages_url)
    assert [client.get("/healthz").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert int(client.get("/healthz").headers["retry-after"]) > 0


PROBE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>"


def test_nothing_that_comes_in_goes_out_as_markup(app: FastAPI, signed_in: SignIn) -> None:
    """What a passive scanner looks for: reflected input, traces, mixed content, scripts and styles in the page."""
    client = signed_in(*ROLES)
    asked_of = 0
    for each in contexts(app):
        route_path = str(each.path)
        if "GET" not in (each.methods or ()) or route_path.endswith("/events"):
            continue  # a stream has no end
        names = [parameter.name for parameter in each.dependant.query_params]
        asked = dict.fromkeys([*names, "unknown"], PROBE)
        asked_of += 1
        for path in {filled(route_path), re.sub(r"\{[^}]*\}", quote(PROBE, safe=""), route_path)}:
            answer = client.get(path, params=asked)
            assert answer.status_code < 500 or answer.status_code == 503, (path, answer.status_code)
            if "text/html" not in answer.headers.get("content-type", ""):
                continue
            assert "Traceback" not in answer.text, path
            assert Markup(answer.text).faults == [], path
    assert asked_of >= 40


def test_markup_that_came_in_would_be_seen() -> None:
    page = f"<p>{PROBE}</p><a href='javascript:x'>x</a><p style='x'>"
    assert len(Markup(page).faults) == 4
