from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving.pipeline.access.bodies import MOST_BYTES
from serving.pipeline.access.roles import ROLES
from ticklake_assets_tests.serving.pipeline.access.every_route import filled, routes
from ticklake_assets_tests.serving.pipeline.conftest import SignIn

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_PARTS = {"Content-Type": "multipart/form-data; boundary=x"}
_PART = b'--x\r\nContent-Disposition: form-data; name="reason"\r\n\r\n'


def _chunks(start: bytes, size: int) -> Iterator[bytes]:
    yield start
    for _ in range(size // 4096 + 1):
        yield b"x" * 4096


@pytest.mark.parametrize(("headers", "start"), [(_FORM, b"name=a&password="), (_PARTS, _PART)])
def test_a_form_that_is_too_large_is_refused_with_a_length_or_without(
    client: TestClient, headers: dict[str, str], start: bytes
) -> None:
    whole = b"".join(_chunks(start, MOST_BYTES))
    for body in (whole, _chunks(start, MOST_BYTES)):
        answer = client.post("/enter", content=body, headers=headers)
        assert answer.status_code == 413
        assert f"at most {MOST_BYTES} bytes" in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_no_route_takes_more(app: FastAPI, signed_in: SignIn) -> None:
    client = signed_in(*ROLES)
    del client.headers[
        "X-CSRF-Token"
    ]  # so that the form is read for it, by those too that need nothing of it
    for method, path in routes(app):
        if method == "POST":
            answer = client.post(filled(path), content=_chunks(b"reason=", MOST_BYTES), headers=_FORM)
            assert answer.status_code == 413, path


def test_a_length_that_is_none_is_counted(client: TestClient) -> None:
    headers = _FORM | {"Content-Length": "-1"}
    assert client.post("/enter", content=_chunks(b"name=", MOST_BYTES), headers=headers).status_code == 413


@pytest.mark.parametrize("kind", ["fields", "files"])
def test_a_form_of_thousands_of_fields_is_refused(client: TestClient, kind: str) -> None:
    if kind == "fields":
        answer = client.post("/enter", content=b"a=1&" * 20_000, headers=_FORM)
    else:
        part = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n1\r\n'
        answer = client.post("/enter", content=part * 2000 + b"--x--\r\n", headers=_PARTS)
    assert answer.status_code == 400
    assert "Too many" in answer.text
