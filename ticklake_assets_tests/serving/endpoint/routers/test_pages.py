from __future__ import annotations

import re

import httpx
import pytest

from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_a_page_is_whole_without_a_foreign_server_and_without_a_token(
    endpoint: RunningEndpoint, page: str
) -> None:
    told = httpx.get(endpoint.url + page)
    assert told.status_code == 200
    asked = re.findall(r"""(?:src|href|spec-url)=["']([^"']+)["']""", told.text)
    asked += re.findall(r"""url: ["']([^"']+)["']""", told.text)
    assert any(address == "/openapi.json" for address in asked)
    assert len(asked) >= 3
    for address in asked:
        assert address.startswith("/"), address
        assert len(httpx.get(endpoint.url + address).content) > 1000
    assert "default-src 'self'" in told.headers["content-security-policy"]


def test_the_contract_needs_no_token_and_names_no_home(endpoint: RunningEndpoint) -> None:
    told = httpx.get(endpoint.url + "/openapi.json")
    assert told.json()["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert str(endpoint.settings.home) not in told.text
