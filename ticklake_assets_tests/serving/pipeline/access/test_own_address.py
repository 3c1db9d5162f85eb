from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving.pipeline.access.roles import ROLES
from serving.pipeline.app import create_app
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.pipeline.conftest import SignIn


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example:8760",
        "127.0.0.1:8760@evil.example",
        "evil.example@127.0.0.1:8760",
        "localhost.evil.example",
        "127.0.0.1.evil.example:8760",
        "localhost.:8760",
        "127.0.0.1:8760:80",
        "127.0.0.1:",
        "127.0.0.1:x",
        "127.0.0.1/static/",
        "127.0.0.1, evil.example",
        "[::1].evil.example",
        "[::1",
        "[::ffff:10.0.0.1]",
        "::1",
        "0.0.0.0:8760",
        "2130706433",
        " ",
        "",
    ],
)
def test_a_name_that_leads_here_from_elsewhere_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/enter", headers={"Host": host, "X-Forwarded-Host": "127.0.0.1:8760"})
    assert answer.status_code == 421
    assert "TICKLAKE_PAGES_URL" in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8760", "127.0.0.1", "LOCALHOST:9000", "[::1]:8760", "[::1]"])
def test_our_own_names_are_let_in(client: TestClient, host: str) -> None:
    answer = client.get("/enter", headers={"Host": host, "X-Forwarded-Host": "evil.example"})
    assert answer.status_code == 200


def test_several_host_headers_are_none(client: TestClient) -> None:
    for hosts in (["127.0.0.1:8760", "evil.example"], ["evil.example", "127.0.0.1:8760"], ["127.0.0.1"] * 2):
        assert client.get("/enter", headers=[("Host", each) for each in hosts]).status_code == 421, hosts


@pytest.mark.parametrize("url", ["https://Pages.Example:8443", "https://[2001:db8::7]:8443"])
def test_the_name_by_which_people_come_is_ours(settings: Settings, url: str) -> None:
    app = create_app(settings.model_copy(update={"pages_url": url}))
    host = url.partition("://")[2]
    client = TestClient(app, base_url="https://127.0.0.1")
    assert client.get("/enter", headers={"Host": host}).status_code == 200
    assert client.get("/enter", headers={"Host": f"x.{host}"}).status_code == 421
    app.state.access.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "127.0.0.1:8760"},
        {"Origin": "https://127.0.0.1:8760"},
        {"Origin": "http://127.0.0.1:9000"},
        {"Origin": "http://localhost:8760"},
        {"Origin": "http://127.0.0.1:8760@evil.example"},
        {"Origin": "http://127.0.0.1:8760.evil.example"},
        {"Origin": "http://127.0.0.1:8760/"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused(signed_in: SignIn, headers: dict[str, str]) -> None:
    client = signed_in(*ROLES)
    assert client.post("/leave", headers=headers).status_code == 403
    form = {"name": "anna", "password": "a long password of hers"}
    assert client.post("/enter", data=form, headers=headers).status_code == 403


def test_a_form_of_ours_is_taken(app: FastAPI, signed_in: SignIn) -> None:
    own = {"Origin": "http://127.0.0.1:8760", "Sec-Fetch-Site": "same-origin"}
    assert signed_in(*ROLES).post("/leave", headers=own).status_code == 303
    over_tls = TestClient(app, base_url="https://localhost", follow_redirects=False)
    form = {"name": "anna", "password": "a wrong password"}
    assert over_tls.post("/enter", data=form, headers={"Origin": "https://localhost:443"}).status_code == 401


def test_two_origins_are_no_origin(signed_in: SignIn) -> None:
    twice = [("Origin", "http://127.0.0.1:8760"), ("Origin", "https://evil.example")]
    assert signed_in(*ROLES).post("/leave", headers=twice).status_code == 403


def test_a_token_that_is_no_ascii_is_wrong_and_no_fault(signed_in: SignIn) -> None:
    client = signed_in(*ROLES)
    del client.headers["X-CSRF-Token"]
    assert client.post("/leave", data={"csrf": "é" * 64}).status_code == 403
