from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from serving.endpoint.access.tokens import Token, TokenFile, hash_of
from ticklake_assets.core.errors import DataError, SetupError

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_HOUR = timedelta(hours=1)


def _valid(file: TokenFile, secret: str, now: datetime) -> list[str]:
    return [token.name for token in file.tokens() if hash_of(secret) in token.hashes(now)]


def test_a_token_is_its_hash_on_disk_and_its_owners_alone(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "keys")
    secret = file.create("bridge", ["score", "read"], _NOW)
    (made,) = file.tokens()
    assert len(secret) >= 43
    assert secret not in file.path.read_text()
    assert made == Token(name="bridge", scopes=("read", "score"), sha256=hash_of(secret), created=_NOW)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert _valid(file, secret, _NOW) == ["bridge"]
    assert _valid(file, secret + "x", _NOW) == []


def test_a_token_ends_at_its_expiry(tmp_path: Path) -> None:
    file = TokenFile(tmp_path)
    secret = file.create("bridge", ["score"], _NOW, _NOW + _HOUR)
    assert _valid(file, secret, _NOW + _HOUR - timedelta(microseconds=1)) == ["bridge"]
    assert _valid(file, secret, _NOW + _HOUR) == []
    with pytest.raises(DataError, match="Expected one that is valid, was expired"):
        file.rotate("bridge", _NOW + _HOUR, _HOUR)


def test_a_rotation_keeps_the_old_one_for_its_grace_and_no_older_one(tmp_path: Path) -> None:
    file = TokenFile(tmp_path)
    first = file.create("bridge", ["score"], _NOW)
    second = file.rotate("bridge", _NOW, _HOUR)
    assert len({first, second}) == 2
    assert [_valid(file, each, _NOW + _HOUR / 2) for each in (first, second)] == [["bridge"]] * 2
    assert [_valid(file, each, _NOW + _HOUR) for each in (first, second)] == [[], ["bridge"]]
    third = file.rotate("bridge", _NOW, _HOUR)
    assert [_valid(file, each, _NOW) for each in (first, second, third)] == [[], ["bridge"], ["bridge"]]
    fourth = file.rotate("bridge", _NOW, timedelta(0))
    assert [_valid(file, each, _NOW) for each in (third, fourth)] == [[], ["bridge"]]


def test_an_expired_token_has_no_grace(tmp_path: Path) -> None:
    file = TokenFile(tmp_path)
    first = file.create("bridge", ["score"], _NOW, _NOW + _HOUR)
    second = file.rotate("bridge", _NOW, 10 * _HOUR)
    assert [_valid(file, each, _NOW + _HOUR) for each in (first, second)] == [[], []]


def test_a_revoked_token_is_gone(tmp_path: Path) -> None:
    file = TokenFile(tmp_path)
    secret, other = file.create("bridge", ["score"], _NOW), file.create("ci", ["deploy"], _NOW)
    file.revoke("bridge")
    assert (_valid(file, secret, _NOW), _valid(file, other, _NOW)) == ([], ["ci"])


@pytest.mark.parametrize("name", ["", "owner", "a b", "a/b", "-a", "a" * 65, "é", "a\n"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="Expected a name of letters"):
        TokenFile(tmp_path).create(name, ["read"], _NOW)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    file = TokenFile(tmp_path)
    file.create("bridge", ["read"], _NOW)
    before = file.path.read_bytes()
    with pytest.raises(DataError, match="Expected the name of no token yet, was 'bridge'"):
        file.create("bridge", ["read"], _NOW)
    with pytest.raises(DataError, match="Expected one or more scopes of read, score, deploy, was none"):
        file.create("other", [], _NOW)
    with pytest.raises(DataError, match="Expected an expiry to come, was 2026-03-01 12:00 UTC"):
        file.create("other", ["read"], _NOW, _NOW)
    for change in (lambda: file.revoke("none"), lambda: file.rotate("none", _NOW, _HOUR)):
        with pytest.raises(DataError, match="Expected a token of bridge, was 'none'"):
            change()
    assert file.path.read_bytes() == before


@pytest.mark.parametrize("content", ["", "[]", '{"tokens": [{"name": "x"}]}', '{"tokens": [], "more": 1}'])
def test_a_broken_file_is_said_and_not_overwritten(tmp_path: Path, content: str) -> None:
    file = TokenFile(tmp_path)
    file.path.write_text(content)
    for use in (file.tokens, lambda: file.create("x", ["read"], _NOW)):
        with pytest.raises(SetupError, match=r"endpoint-tokens.json misfits at"):
            use()
    assert file.path.read_text() == content


def test_tokens_made_at_once_are_all_there(tmp_path: Path) -> None:
    file = TokenFile(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: TokenFile(tmp_path).create(f"t{number}", ["read"], _NOW), range(24)))
    assert len(json.loads(file.path.read_text())["tokens"]) == len({t.sha256 for t in file.tokens()}) == 24
