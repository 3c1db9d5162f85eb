from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey

from serving.pipeline.access.id_token import roles_by_value
from serving.pipeline.access.oidc import Oidc
from serving.pipeline.answers import ServiceDown
from serving.pipeline.app import create_app
from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.pipeline.access.provider import CLIENT, Provider, providing


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as found:
        yield found


@pytest.fixture
def chosen(settings: Settings, provider: Provider) -> Settings:
    named = {"pages_oidc_issuer": provider.url, "pages_oidc_client_id": CLIENT}
    return settings.model_copy(update=named | {"pages_oidc_roles": "desk=see+trade,quants=see+research"})


@pytest.fixture
def oidc(chosen: Settings) -> Oidc:
    found = Oidc.of(chosen)
    assert found
    return found


def arrive(oidc: Oidc, provider: Provider) -> Any:
    there, _ = oidc.leave("/trading")
    return oidc.arrive(*provider.visit(there))


def test_somebody_comes_in_by_the_other_server(chosen: Settings, provider: Provider) -> None:
    app = create_app(chosen)
    client = TestClient(app, base_url=chosen.pages_url, follow_redirects=False)
    assert "/enter/oidc?next=" in client.get("/enter?next=/trading").text
    left = client.get("/enter/oidc?next=/trading")
    code, state = provider.visit(left.headers["location"])
    assert provider.asked["redirect_uri"] == "http://127.0.0.1:8760/enter/oidc/back"
    back = client.get(f"/enter/oidc/back?code={code}&state={state}")
    assert (back.status_code, back.headers["location"]) == (303, "/trading")
    page = client.get("/audit").text
    assert "anna@desk.example (OIDC)" in page
    assert "by OIDC" in page
    again = client.get(f"/enter/oidc/back?code={code}&state={state}")
    assert again.status_code == 401, "an answer is good once"


def test_another_browsers_answer_is_none(chosen: Settings, provider: Provider) -> None:
    app = create_app(chosen)
    left = TestClient(app, base_url=chosen.pages_url, follow_redirects=False).get("/enter/oidc")
    code, state = provider.visit(left.headers["location"])
    other = TestClient(app, base_url=chosen.pages_url, follow_redirects=False)
    assert other.get(f"/enter/oidc/back?code={code}&state={state}").status_code == 401


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_issuer_may_end_in_a_slash(oidc: Oidc, provider: Provider, slash: str) -> None:
    provider.slash = slash
    person, back = arrive(oidc, provider)
    assert (person.name, person.roles, back) == ("anna@desk.example (OIDC)", {"see", "trade"}, "/trading")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://another.example"}, {"aud": "another"}, {"aud": None}, {"sub": None}, {"exp": None},
        {"exp": 1_700_000_000}, {"nonce": "of another"}, {"nonce": None},
        {"aud": [CLIENT, "another"]}, {"aud": [CLIENT, "another"], "azp": "another"}, {"azp": "another"},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_for_somebody_else_is_none(oidc: Oidc, provider: Provider, changes: dict[str, Any]) -> None:
    provider.changes = changes
    with pytest.raises(DataError, match="Expected a token"):
        arrive(oidc, provider)


def test_a_token_that_several_may_read_names_us_as_who_asked(oidc: Oidc, provider: Provider) -> None:
    provider.changes = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert arrive(oidc, provider)[0].roles == {"see", "trade"}


def test_what_the_server_did_not_sign_is_none(oidc: Oidc, provider: Provider) -> None:
    provider.sign_with = RSAKey.generate_key(2048, {"kid": "one"})
    with pytest.raises(DataError, match="Expected a token"):
        arrive(oidc, provider)
    public = provider.key.as_pem(private=False)
    for algorithm in ("none", "HS256"):
        head = json.dumps({"alg": algorithm, "kid": "one"}).encode()
        words = b".".join(map(_base64, (head, b'{"sub":"u-1"}')))
        signature = hmac.digest(public, words, "sha256") if algorithm == "HS256" else b""
        provider.raw_token = b".".join((words, _base64(signature))).decode()
        with pytest.raises(DataError, match="Expected a token"):
            arrive(oidc, provider)
    for token in ("x", "a.b.c"):
        provider.raw_token = token
        with pytest.raises(DataError, match="Expected a token"):
            arrive(oidc, provider)


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"email_verified": False, "preferred_username": "anna"}, "anna [u-1] (OIDC)"),
        ({"email_verified": None}, "u-1 (OIDC)"),
        ({"email_verified": "true"}, "u-1 (OIDC)"),
    ],
)
def test_an_address_that_nobody_verified_names_nobody(
    oidc: Oidc, provider: Provider, changes: dict[str, Any], name: str
) -> None:
    provider.changes = changes
    assert arrive(oidc, provider)[0].name == name


@pytest.mark.parametrize("groups", [["others"], [], None, "quant", {"desk": True}])
def test_who_has_no_role_is_refused(oidc: Oidc, provider: Provider, groups: Any) -> None:
    provider.changes = {"groups": groups}
    with pytest.raises(DataError, match="Expected one of desk, quants in the claim 'groups'"):
        arrive(oidc, provider)


def test_where_secrets_would_travel_in_the_clear_nobody_is_sent(
    settings: Settings, oidc: Oidc, provider: Provider
) -> None:
    far = settings.model_copy(
        update={"pages_oidc_issuer": "http://login.example", "pages_oidc_client_id": CLIENT}
    )
    with pytest.raises(SetupError, match="Expected an https address"):
        Oidc.of(far)
    provider.endpoints = {"token_endpoint": "http://elsewhere.example/token"}
    with pytest.raises(DataError, match="Expected an https address as token_endpoint"):
        oidc.leave("/")


def test_a_server_of_another_name_or_none_is_told(oidc: Oidc, provider: Provider) -> None:
    provider.endpoints = {"issuer": "https://another.example"}
    with pytest.raises(DataError, match="Expected the issuer"):
        oidc.leave("/")
    with pytest.raises(ServiceDown, match="Sign in by name"):
        Oidc("http://127.0.0.1:9", CLIENT, "", "", "groups", {}).leave("/")


def test_roles_of_values() -> None:
    assert roles_by_value("desk=see+trade, quants=research") == {
        "desk": ("see", "trade"),
        "quants": ("research",),
    }
    for wrong in ("desk", "desk=", "=see", "desk=see+owner"):
        with pytest.raises(SetupError, match="Expected VALUE=ROLE"):
            roles_by_value(wrong)
