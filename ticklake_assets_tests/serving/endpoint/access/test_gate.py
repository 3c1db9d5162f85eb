from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import HTTPException
from starlette.requests import HTTPConnection

from serving.endpoint.access.gate import Gate
from serving.endpoint.access.owner_token import endpoint_token, token_path
from serving.endpoint.access.tokens import SCOPES, Scope, TokenFile, hash_of
from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import replace_file


def _connection(header: bytes | None, address: str = "127.0.0.1") -> HTTPConnection:
    headers = [] if header is None else [(b"authorization", header)]
    return HTTPConnection({"type": "http", "headers": headers, "client": (address, 1)})


def _bearer(secret: str, address: str = "127.0.0.1") -> HTTPConnection:
    return _connection(f"Bearer {secret}".encode(), address)


def _status(ask: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(HTTPException) as refused:
        ask()
    return refused.value.status_code, str(refused.value.detail)


@pytest.mark.parametrize("scope", SCOPES)
def test_the_owner_may_do_everything(tmp_path: Path, scope: Scope) -> None:
    holder = Gate(tmp_path).admit(_bearer(endpoint_token(tmp_path)), scope)
    assert (holder.name, holder.scopes) == ("owner", SCOPES)


@pytest.mark.parametrize(
    "spoilt",
    [
        "Bearer {}x",
        "Bearer x{}",
        "Bearer {} ",
        "Bearer  {}",
        "bearer {}",
        "{}",
        "Basic {}",
        "Bearer ",
        "",
        "Bearer é",
    ],
)
def test_only_the_exact_header_is_let_in(tmp_path: Path, spoilt: str) -> None:
    gate = Gate(tmp_path)
    header = spoilt.format(endpoint_token(tmp_path)).encode("latin-1")
    status, said = _status(lambda: gate.admit(_connection(header), "read"))
    assert (status, endpoint_token(tmp_path) in said) == (401, False)


def test_no_header_and_no_token_are_not_let_in(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    assert _status(lambda: gate.admit(_connection(None), "read"))[0] == 401
    replace_file(token_path(tmp_path), b"\n")  # an empty token is none
    assert _status(lambda: gate.admit(_connection(b"Bearer "), "read"))[0] == 401


@pytest.mark.parametrize("held", SCOPES)
def test_a_scope_is_that_one_alone_and_both_are_named(tmp_path: Path, held: Scope) -> None:
    gate = Gate(tmp_path)
    secret = TokenFile(tmp_path).create("bot", [held], datetime.now(UTC))
    assert gate.admit(_bearer(secret), held).name == "bot"
    for wanted in set(SCOPES) - {held}:
        assert _status(lambda wanted=wanted: gate.admit(_bearer(secret), wanted)) == (
            403,
            f"Expected a token of scope {wanted}, was 'bot' of {held}",
        )


def test_changes_of_the_files_are_seen_at_once(tmp_path: Path) -> None:
    gate, file, now = Gate(tmp_path), TokenFile(tmp_path), datetime.now(UTC)
    first = file.create("bot", ["read"], now)
    assert gate.admit(_bearer(first), "read").name == "bot"
    second = file.rotate("bot", now, timedelta(hours=1))
    assert [gate.admit(_bearer(each), "read").name for each in (first, second)] == ["bot", "bot"]
    third = file.rotate("bot", now, timedelta(0))
    assert [gate.still_admits(hash_of(each)) for each in (first, second, third)] == [False, False, True]
    assert _status(lambda: gate.admit(_bearer(second), "read"))[0] == 401
    file.revoke("bot")
    assert _status(lambda: gate.admit(_bearer(third), "read"))[0] == 401
    owner = endpoint_token(tmp_path)
    replace_file(token_path(tmp_path), b"another\n")
    assert _status(lambda: gate.admit(_bearer(owner), "read"))[0] == 401
    assert gate.admit(_bearer("another"), "read").name == "owner"


def test_a_broken_file_of_tokens_locks_nobody_in_and_the_owner_not_out(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    TokenFile(tmp_path).path.write_text("{")
    with pytest.raises(SetupError, match=r"endpoint-tokens\.json misfits"):
        gate.admit(_bearer("wrong"), "read")
    assert gate.admit(_bearer(endpoint_token(tmp_path)), "read").name == "owner"
    assert gate.still_admits(hash_of("was let in"))


def test_wrong_tokens_of_an_address_have_to_wait_and_nobody_else(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    statuses = [_status(lambda: gate.admit(_bearer("wrong"), "read"))[0] for _ in range(25)]
    assert statuses == [401] * 20 + [429] * 5
    assert _status(lambda: gate.admit(_bearer("wrong", "127.0.0.2"), "read"))[0] == 401
    assert _status(lambda: gate.admit(_connection(None), "read"))[0] == 401
    assert gate.admit(_bearer(endpoint_token(tmp_path)), "read").name == "owner"
