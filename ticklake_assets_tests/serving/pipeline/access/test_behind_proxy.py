from __future__ import annotations

from ipaddress import ip_network

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving.pipeline.access.behind_proxy import BehindProxy
from serving.pipeline.access.people import People
from ticklake_assets.settings import Settings

_PROXY, _STRANGER, _SELF = ("10.0.0.5", 1), ("10.0.0.6", 1), ("127.0.0.1", 1)
_FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
PASSWORD = "a long password of hers"


def _client(app: FastAPI, peer: tuple[str, int]) -> TestClient:
    proxied = BehindProxy(app, [ip_network("10.0.0.5"), ip_network("2001:db8::/64")])
    return TestClient(proxied, base_url="http://127.0.0.1:8760", client=peer, follow_redirects=False)


@pytest.fixture
def people(settings: Settings) -> People:
    found = People(settings.pages_home)
    found.add("anna", PASSWORD, ["research"])
    return found


@pytest.mark.parametrize("headers", [{}, _FORWARDED])
@pytest.mark.parametrize("peer", [_STRANGER, ("::ffff:10.0.0.5", 1), ("2001:db9::1", 1)])
def test_a_stranger_is_refused_whatever_it_says(
    app: FastAPI, peer: tuple[str, int], headers: dict[str, str]
) -> None:
    answer = _client(app, peer).get("/enter", headers=headers)
    assert answer.status_code == 403
    assert "TICKLAKE_PAGES_BEHIND_PROXY" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.usefixtures("people")
def test_by_the_proxy_it_is_tls_and_the_callers_own_address(app: FastAPI) -> None:
    answer = _client(app, _PROXY).post(
        "/enter", data={"name": "anna", "password": PASSWORD}, headers=_FORWARDED
    )
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-ticklake_session=")
    assert "Secure" in cookie
    [entry] = app.state.access.audit.entries()
    assert entry.address == "203.0.113.9"


@pytest.mark.parametrize(
    "said", [[], ["http"], ["https", "http"], ["http", "https"], ["https, http"], ["wss"]]
)
def test_a_proxy_that_came_without_tls_is_refused(app: FastAPI, said: list[str]) -> None:
    headers = [("X-Forwarded-Proto", each) for each in said]
    assert _client(app, _PROXY).get("/enter", headers=headers).status_code == 403


@pytest.mark.usefixtures("people")
def test_this_machine_may_look_but_is_not_believed(app: FastAPI) -> None:
    client = _client(app, _SELF)
    assert client.get("/healthz").status_code == 200
    answer = client.post("/enter", data={"name": "anna", "password": PASSWORD}, headers=_FORWARDED)
    assert "Secure" not in answer.headers["set-cookie"]
    assert [each.address for each in app.state.access.audit.entries()] == ["127.0.0.1"]
