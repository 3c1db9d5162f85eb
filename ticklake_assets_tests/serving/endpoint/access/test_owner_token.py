from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from serving.endpoint.access.owner_token import endpoint_token, token_path


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
