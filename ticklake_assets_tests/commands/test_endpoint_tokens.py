from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from serving.endpoint.access.tokens import TokenFile, hash_of
from ticklake_assets.cli import app
from ticklake_assets_tests.serving.running_endpoint import running_endpoint


def _token(*words: str, home: Path) -> Result:
    return CliRunner().invoke(app, ["endpoint", "token", *words], env={"TICKLAKE_HOME": str(home)})


def test_a_token_is_printed_once_and_a_running_endpoint_follows(tmp_path: Path) -> None:
    with running_endpoint(tmp_path) as endpoint:
        made = _token("create", "bridge", "--scope", "read", "--expires", "2199-01-01", home=tmp_path)
        first = made.stdout.strip()
        assert (made.exit_code, made.stderr) == (0, "token 'bridge' of read: it is shown this once\n")
        assert endpoint.get("/v1/models", first).status_code == 200
        assert endpoint.get("/v1/models", first + "x").status_code == 401
        rotated = _token("rotate", "bridge", "--grace", "1", home=tmp_path)
        second = rotated.stdout.strip()
        assert rotated.stderr == "token 'bridge': the old one is valid for 1 hours more\n"
        assert {endpoint.get("/v1/models", each).status_code for each in (first, second)} == {200}
        third = _token("rotate", "bridge", "--grace", "0", home=tmp_path).stdout.strip()
        assert [endpoint.get("/v1/models", each).status_code for each in (second, third)] == [401, 200]
        assert _token("revoke", "bridge", home=tmp_path).exit_code == 0
        assert endpoint.get("/v1/models", third).status_code == 401
        assert endpoint.get("/v1/models").status_code == 200


def test_the_list_shows_what_is_known_and_no_secret(tmp_path: Path) -> None:
    secret = _token("create", "bridge", "--scope", "score", "--scope", "read", home=tmp_path).stdout.strip()
    shown = _token("list", home=tmp_path).stdout
    assert "bridge" in shown
    assert "read, score" in shown
    (listed,) = json.loads(_token("list", "--json", home=tmp_path).stdout)
    assert listed | {"created": ""} == {
        "name": "bridge",
        "scopes": ["read", "score"],
        "created": "",
        "expires": None,
        "previous_until": None,
        "state": "valid",
    }
    assert all(word not in shown + json.dumps(listed) for word in (secret, hash_of(secret)))


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("create", "a b", "--scope", "read"), "Expected a name of letters"),
        (("create", "x", "--scope", "read", "--expires", "2020-01-01"), "Expected an expiry to come"),
        (("create", "x", "--scope", "admin"), "'admin' is not one of"),
        (("create", "x"), "Missing option '--scope'"),
        (("revoke", "x"), "Expected a token of none yet, was 'x'"),
        (("rotate", "x"), "Expected a token of none yet, was 'x'"),
        (("rotate", "x", "--grace", "-1"), "Invalid value for '--grace'"),
    ],
)
def test_what_cannot_be_is_one_clear_error(tmp_path: Path, words: tuple[str, ...], complaint: str) -> None:
    done = _token(*words, home=tmp_path)
    assert done.exit_code != 0
    assert complaint in " ".join(done.output.split())
    assert not TokenFile(tmp_path / "keys").path.exists()
