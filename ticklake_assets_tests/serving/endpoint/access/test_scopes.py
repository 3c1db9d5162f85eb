from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from serving.endpoint.access.tokens import SCOPES, TokenFile
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, bearer, running_endpoint


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with running_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def tokens(endpoint: RunningEndpoint) -> dict[str, str]:
    file = TokenFile(endpoint.settings.keys_dir)
    return {scope: file.create(f"only-{scope}", [scope], datetime.now(UTC)) for scope in SCOPES}


def test_each_call_takes_the_scope_that_its_documentation_names_and_no_other(
    endpoint: RunningEndpoint, tokens: dict[str, str]
) -> None:
    named = []
    for path, methods in endpoint.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            wanted = [scope for each in operation.get("security", []) for scope in each["token"]]
            named += wanted
            url = endpoint.url + path.format(symbol="SYNEUR", day="2024-01-17", digest="0" * 64)
            for scope, token in tokens.items():
                with httpx.stream(method, url, headers=bearer(token), timeout=30) as answer:  # one has no end
                    if not wanted or [scope] == wanted:
                        assert answer.status_code not in {401, 403}, (method, path, scope)
                        continue
                    assert answer.status_code == 403, (method, path, scope)
                    answer.read()
                said = f"Expected a token of scope {wanted[0]}, was 'only-{scope}' of {scope}"
                assert answer.json() == {"error": said}
    assert set(SCOPES) == set(named)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_stream_takes_the_scope_score(
    endpoint: RunningEndpoint, tokens: dict[str, str], scope: str
) -> None:
    url = f"{endpoint.url.replace('http', 'ws')}/v1/stream/SYNEUR/2001-01-01"
    opening = connect(url, additional_headers=bearer(tokens[scope]), proxy=None) if scope == "score" else None
    if opening is not None:
        with opening as stream:
            stream.send('{"type":"resume"}')
            assert "resumed" in str(stream.recv())
        return
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers=bearer(tokens[scope]), proxy=None)
    assert refused.value.response.status_code == 403
    assert f"Expected a token of scope score, was 'only-{scope}'".encode() in (
        refused.value.response.body or b""
    )


@pytest.mark.parametrize("scope", SCOPES)
def test_signals_by_websocket_take_the_scope_read(
    endpoint: RunningEndpoint, tokens: dict[str, str], scope: str
) -> None:
    url = f"{endpoint.url.replace('http', 'ws')}/v1/signals/SYNEUR"
    if scope == "read":
        connect(url, additional_headers=bearer(tokens[scope]), proxy=None).close()
        return
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers=bearer(tokens[scope]), proxy=None)
    assert refused.value.response.status_code == 403


def test_a_broken_file_of_tokens_is_said_to_calls_and_streams(tmp_path: Path) -> None:
    with running_endpoint(tmp_path) as broken:
        TokenFile(broken.settings.keys_dir).path.write_text("{")
        answer = broken.get("/v1/models", "somebody")
        assert answer.status_code == 503
        assert "keys/endpoint-tokens.json misfits at its start" in answer.json()["error"]
        with pytest.raises(InvalidStatus) as refused:
            connect(
                f"{broken.url.replace('http', 'ws')}/v1/stream/SYNEUR/2001-01-01",
                additional_headers=bearer("somebody"),
                proxy=None,
            )
        assert refused.value.response.status_code == 503
        assert json.loads(refused.value.response.body or b"") == answer.json()
        assert broken.get("/v1/models").status_code == 200
