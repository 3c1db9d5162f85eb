from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.requests import HTTPConnection

from serving.endpoint.access.owner_token import endpoint_token, is_authorised, token_path


def _connection(*headers: tuple[bytes, bytes]) -> HTTPConnection:
    return HTTPConnection({"type": "http", "headers": list(headers)})


def test_the_token_is_random_private_and_stays(tmp_path: Path) -> None:
    token = endpoint_token(tmp_path / "keys")
    assert len(token) >= 43
    assert stat.S_IMODE(token_path(tmp_path / "keys").stat().st_mode) == 0o600
    assert endpoint_token(tmp_path / "keys") == token
    assert endpoint_token(tmp_path / "others") != token
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["endpoint.token"]


def test_of_many_first_users_all_read_one_token(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: endpoint_token(tmp_path), range(16)))
    assert len(tokens) == 1


@pytest.mark.parametrize(
    ("header", "authorised"),
    [
        (b"Bearer secret", True),
        (b"Bearer secre", False),
        (b"Bearer secret ", False),
        (b"bearer secret", False),
        (b"secret", False),
        ("Bearer sécret".encode("latin-1"), False),
        (b"", False),
    ],
)
def test_only_the_exact_header_is_let_in(header: bytes, *, authorised: bool) -> None:
    assert is_authorised(_connection((b"authorization", header)), "secret") is authorised


def test_no_header_is_not_let_in() -> None:
    assert not is_authorised(_connection(), "secret")
