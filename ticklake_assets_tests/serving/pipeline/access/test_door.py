"""Every route, as it is found in the app: new ones are covered by being there."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving.endpoint.access.rate_limit import RateLimit
from serving.pipeline.access.door import LARGEST, Door
from serving.pipeline.access.roles import ROLES
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.pipeline.conftest import SignIn
from ticklake_assets_tests.serving.pipeline.every_route import every_route, methods_and_paths

_OPEN = {"/enter", "/enter/oidc", "/enter/oidc/back", "/healthz"}
_SHOULD_NOT_BE_NEEDED = {"/leave"}
"""What anybody who is signed in may post."""


def _filled(path: str) -> str:
    """An address of the route; what stands in it does not matter, since nobody gets that far."""
    return (
        re.sub(r"\{day[^}]*\}", "2024-01-15", re.sub(r"\{symbol[^}]*\}", "SYNEUR", path))
        .replace("{", "")
        .replace("}", "")
    )


def test_nobody_gets_anywhere_without_signing_in(app: FastAPI, client: TestClient) -> None:
    for method, path in methods_and_paths(app):
        if path in _OPEN or path.startswith("/static"):
            continue
        answer = client.request(method, _filled(path))
        if path.startswith("/api/") or path == "/openapi.json":
            assert answer.status_code in (401, 303), (method, path)
        else:
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/enter?next="), (method, path)


def test_what_changes_something_asks_for_more_than_to_see(app: FastAPI, signed_in: SignIn) -> None:
    client = signed_in()
    for method, path in methods_and_paths(app):
        if method in ("GET", "HEAD") or path in _OPEN | _SHOULD_NOT_BE_NEEDED:
            continue
        answer = client.request(method, _filled(path))
        assert answer.status_code == 403, (method, path, answer.status_code)


def test_what_changes_something_asks_for_the_forms_token(app: FastAPI, signed_in: SignIn) -> None:
    client = signed_in(*ROLES)
    del client.headers["X-CSRF-Token"]
    for method, path in methods_and_paths(app):
        if method in ("GET", "HEAD") or path in _OPEN:
            continue
        for forged in ({}, {"csrf": "0" * 64}, {"csrf": ""}):
            answer = client.request(method, _filled(path), data=forged)
            assert answer.status_code == 403, (method, path)


def test_a_form_of_another_site_is_refused(signed_in: SignIn) -> None:
    client = signed_in(*ROLES)
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert client.post("/leave", headers=headers).status_code == 403, headers
    own = {"Origin": "http://127.0.0.1:8760", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/leave", headers=own).status_code == 303


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example:8760", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.1@evil.example",
        "evil.example#@127.0.0.1", "evil.example/@127.0.0.1", "127.0.0.1:8760, evil.example", "localhost.", "127.1", "",
    ],
)  # fmt: skip
def test_a_name_that_leads_here_from_elsewhere_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/enter", headers={"Host": host, "X-Forwarded-Host": "127.0.0.1"})
    assert answer.status_code == 421
    assert "TICKLAKE_PAGES_URL says" in answer.text


def test_two_names_at_once_are_none(client: TestClient) -> None:
    assert client.get("/enter", headers=[("Host", "127.0.0.1"), ("Host", "evil.example")]).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1", "LOCALHOST:8760", "[::1]:8760"])
def test_this_machine_has_several_names(client: TestClient, host: str) -> None:
    assert client.get("/enter", headers={"Host": host}).status_code == 200


def test_a_mistake_of_ours_is_a_page_without_its_inside(app: FastAPI, signed_in: SignIn) -> None:
    app.state.sources = None
    client = signed_in()
    client = TestClient(
        app, base_url=str(client.base_url), cookies=client.cookies, raise_server_exceptions=False
    )
    answer = client.get("/data/SYNEUR")
    assert answer.status_code == 500
    assert "NoneType" not in answer.text
    assert "their log tells" in answer.text
    assert answer.headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_body_without_end_is_refused(client: TestClient) -> None:
    whole = {"name": "anna", "password": "x" * LARGEST}
    answer = client.post("/enter", data=whole)
    assert (answer.status_code, answer.headers["x-frame-options"]) == (413, "DENY")
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = client.post("/enter", content=iter([b"name=anna&password=", *[b"x" * 8192] * 40]), headers=form)
    assert answer.status_code == 413
    assert f"at most {LARGEST} bytes" in answer.text


@pytest.mark.parametrize("path", ["/enter", "/nothing", "/static/page.css", "/static/none", "/openapi.json"])
def test_every_answer_says_what_a_browser_may_do(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")
    assert "server" not in headers


def test_a_program_is_told_in_json(client: TestClient) -> None:
    answer = client.get("/api/v1/nothing")
    assert (answer.status_code, list(answer.json())) == (401, ["error"])


def test_a_fragment_leads_the_whole_page_to_the_form(client: TestClient) -> None:
    answer = client.get("/data/SYNEUR", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/enter?next=%2Fdata%2FSYNEUR")


def test_a_flood_is_told_to_wait(app: FastAPI, settings: Settings) -> None:
    few = Door(app, app.state.access, settings.pages_url, calls=RateLimit(0.01, 3))
    client = TestClient(few, base_url=settings.pages_url)
    assert [client.get("/healthz").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert int(client.get("/healthz").headers["retry-after"]) > 0


PROBE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>"


def test_nothing_that_comes_in_goes_out_as_markup(app: FastAPI, signed_in: SignIn) -> None:
    """What a passive scanner looks for: reflected input, traces, mixed content, scripts and styles in the page."""
    client = signed_in(*ROLES)
    for route in every_route(app):
        if "GET" not in route.methods or "event" in route.path:
            continue
        names = [each.name for each in route.dependant.query_params]
        asked = dict.fromkeys([*names, "unknown"], PROBE)
        for path in {route.path.replace("{", "").replace("}", ""), re.sub(r"\{[^}]*\}", PROBE, route.path)}:
            answer = client.get(path, params=asked)
            assert answer.status_code < 500 or answer.status_code == 503, (path, answer.status_code)
            if "text/html" not in answer.headers.get("content-type", ""):
                continue
            assert "<script>alert" not in answer.text, path
            assert "<img src=x" not in answer.text, path
            assert "Traceback" not in answer.text, path
            assert not re.search(r"<script(?![^>]*(src=|application/json))", answer.text), path
            assert not re.search(r"<[^>]+\s(style|on\w+)=", re.sub(r'"[^"]*"', '""', answer.text)), path
            assert not re.search(r"(src|href)=\"(https?:)?//(?!127\.0\.0\.1)", answer.text), path
