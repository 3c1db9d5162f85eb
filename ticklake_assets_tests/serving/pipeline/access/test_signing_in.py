from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving.pipeline.access.door import COOKIE
from serving.pipeline.access.people import People
from serving.pipeline.access.roles import ROLES, Person
from serving.pipeline.access.sessions import IDLE_S, LINK, LOCAL, LONGEST_S, Sessions
from serving.pipeline.access.tickets import new_ticket_link
from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.pipeline.conftest import SignIn

PASSWORD = "a long password of hers"


@pytest.fixture
def people(settings: Settings) -> People:
    found = People(settings.pages_home)
    found.add("anna", PASSWORD, ["research"])
    return found


def _enter(client: TestClient, **form: str) -> int:
    return client.post("/enter", data={"name": "anna", "password": PASSWORD} | form).status_code


def test_a_name_and_its_password(client: TestClient, people: People) -> None:
    answer = client.post("/enter", data={"name": "anna", "password": PASSWORD, "next": "/audit?who=anna"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/audit?who=anna")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "research, see" in client.get("/audit").text


def test_over_tls_the_cookie_never_leaves_it(app: FastAPI, people: People) -> None:
    client = TestClient(app, base_url="https://127.0.0.1:8760", follow_redirects=False)
    answer = client.post("/enter", data={"name": "anna", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"__Host-{COOKIE}=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= {*cookie.split("; ")}
    assert "Domain" not in cookie
    assert client.get("/audit").status_code == 200
    assert "strict-transport-security" in answer.headers


@pytest.mark.parametrize("wrong", [{"password": "x" * 20}, {"name": "nobody"}, {"password": PASSWORD + " "}])
def test_a_wrong_one_says_not_which(client: TestClient, people: People, wrong: dict[str, str]) -> None:
    answer = client.post("/enter", data={"name": "anna", "password": PASSWORD} | wrong)
    assert answer.status_code == 401
    assert "Expected a name and its password" in answer.text
    assert COOKIE not in answer.cookies


def test_guessing_is_told_to_wait_and_the_right_one_too(client: TestClient, people: People) -> None:
    assert {_enter(client, password=f"guess number {at}") for at in range(10)} == {401}
    answer = client.post("/enter", data={"name": "anna", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nX: y", ""],
)
def test_nobody_is_led_elsewhere(client: TestClient, people: People, elsewhere: str) -> None:
    answer = client.post("/enter", data={"name": "anna", "password": PASSWORD, "next": elsewhere})
    assert answer.headers["location"] == "/"


def test_a_link_is_good_once(client: TestClient, settings: Settings) -> None:
    link = new_ticket_link(settings)
    assert client.get(link).headers["location"] == "/"
    assert client.get("/audit").status_code == 200
    again = client.get(link)
    assert again.status_code == 401
    assert "ticklake pages open" in again.text
    assert client.get("/enter?ticket=../../people.json").status_code == 401
    kept = [*(settings.pages_home / "tickets").iterdir()]
    assert kept == []


def test_an_old_link_is_none(client: TestClient, settings: Settings) -> None:
    import os

    link = new_ticket_link(settings)
    [kept] = (settings.pages_home / "tickets").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.name not in link  # who reads the folder's names has no link
    yesterday = (datetime.now(UTC) - timedelta(days=1, seconds=9)).timestamp()
    os.utime(kept, (yesterday, yesterday))
    assert client.get(link).status_code == 401


def test_a_session_never_keeps_the_number_that_a_browser_brought(client: TestClient, people: People) -> None:
    client.cookies.set(COOKIE, "chosen-by-somebody-else")
    answer = client.post("/enter", data={"name": "anna", "password": PASSWORD})
    assert answer.cookies[COOKIE] != "chosen-by-somebody-else"


def test_a_cookie_that_plain_http_could_have_set_is_none_over_tls(signed_in: SignIn, app: FastAPI) -> None:
    number = signed_in().cookies[COOKIE]
    client = TestClient(app, base_url="https://127.0.0.1:8760", follow_redirects=False)
    assert client.get("/audit", headers={"Cookie": f"{COOKIE}={number}"}).status_code == 303
    assert client.get("/audit", headers={"Cookie": f"__Host-{COOKIE}={number}"}).status_code == 200


def test_signing_out(signed_in: SignIn, client: TestClient) -> None:
    signed_in()
    assert client.get("/audit").status_code == 200
    number = client.cookies[COOKIE]
    assert client.post("/leave").status_code == 303
    client.cookies.set(COOKIE, number)
    assert client.get("/audit").status_code == 303


@pytest.mark.parametrize("change", ["password", "roles", "remove"])
def test_a_change_signs_out_at_once(client: TestClient, people: People, change: str) -> None:
    assert _enter(client) == 303
    assert client.get("/audit").status_code == 200
    if change == "password":
        people.set_password("anna", "another long password")
    elif change == "roles":
        people.set_roles("anna", ["trade"])
    else:
        people.remove("anna")
    assert client.get("/audit").status_code == 303


def test_sessions_end_unused_and_after_a_week_and_outlive_the_program(tmp_path: Path) -> None:
    now = [1e9]
    home, anna = tmp_path / "pages", Person("anna", frozenset(ROLES))
    people = People(home)
    first = Sessions(home, people, lambda: now[0])
    number = first.begin(anna, LINK)
    first.close()
    second = Sessions(home, people, lambda: now[0])
    found = second.find(number)
    assert found is not None
    assert found.person == anna
    steps = int(LONGEST_S // (IDLE_S / 2))
    for _ in range(steps):
        now[0] += IDLE_S / 2
        assert second.find(number) is not None
    now[0] += 1.0
    assert second.find(number) is None
    other = second.begin(anna, LINK)
    now[0] += IDLE_S + 1
    assert second.find(other) is None
    second.close()
    assert number.encode() not in (home / "sessions.db").read_bytes()


def test_of_an_unknown_person_there_is_no_session(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path, People(tmp_path))
    assert sessions.find(sessions.begin(Person("ghost", frozenset(ROLES)), LOCAL)) is None
    sessions.close()


def test_people_are_a_private_file_of_hashes(settings: Settings, people: People) -> None:
    assert stat.S_IMODE(people.path.stat().st_mode) == 0o600
    content = people.path.read_text()
    assert PASSWORD not in content
    assert "$argon2id$" in content
    assert people.all()[0].roles == ("see", "research")


@pytest.mark.parametrize(
    ("name", "password", "roles", "said"),
    [
        ("anna", PASSWORD, ["see"], "name of nobody yet"),
        ("owner", PASSWORD, ["see"], "other than 'owner'"),
        ("a b", PASSWORD, ["see"], "Expected a name"),
        ("ben", "short", ["see"], "12 to 1024"),
        ("ben", PASSWORD, [], "some of the roles"),
        ("ben", PASSWORD, ["admin"], "was admin"),
    ],
)
def test_who_cannot_be_added(people: People, name: str, password: str, roles: list[str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        people.add(name, password, roles)  # type: ignore[arg-type]
    assert [each.name for each in people.all()] == ["anna"]


_USER = (
    '{"name": "anna", "password": "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21l$c29tZWhhc2hzb21laGFzaA", '
    '"roles": ["see"], "created": "2024-01-01T00:00:00Z", "changed": "2024-01-01T00:00:00Z"}'
)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "\xff",
        '{"users": [{"name": "anna"}]}',
        f'{{"users": [{_USER}, {_USER}]}}',
        f'{{"users": [{_USER.replace("$argon2id$", "$argon2i$")}]}}',
        f'{{"users": [{_USER.replace("argon2id", "plain")}]}}',
        f'{{"users": [{_USER.replace("00Z", "00")}]}}',
        f'{{"users": [{_USER.replace("see", "admin")}]}}',
        None,
    ],
)
def test_a_file_of_people_that_is_none_says_so_and_is_left(
    client: TestClient, people: People, content: str | None
) -> None:
    assert _enter(client) == 303
    people.path.unlink()
    if content is None:
        people.path.mkdir()
    else:
        people.path.write_text(content, "latin-1")
    for answer in (
        client.get("/audit"),  # who is signed in is looked up there
        client.post("/enter", data={"name": "anna", "password": PASSWORD}),
    ):
        assert answer.status_code == 503
        assert str(people.path) in answer.text
        assert "Expected" in answer.text
        assert "default-src" in answer.headers["content-security-policy"]
    with pytest.raises(SetupError):
        people.add("ben", PASSWORD, ["see"])
    assert people.path.is_dir() if content is None else people.path.read_text("latin-1") == content


def test_a_file_of_people_as_it_is_meant_is_read(people: People) -> None:
    people.path.write_text(f'{{"users": [{_USER}]}}')
    assert people.all()[0].roles == ("see",)


def test_sessions_that_are_none_say_so_and_are_left(
    settings: Settings, client: TestClient, app: FastAPI
) -> None:
    path = app.state.access.sessions.path
    for content in (b"no database, but long enough to be taken for one" * 100, _other_table()):
        other = settings.model_copy(update={"home": settings.home.parent / sha256(content).hexdigest()})
        other.pages_home.mkdir(parents=True)
        (other.pages_home / path.name).write_bytes(content)
        with pytest.raises(SetupError, match=r"sessions\.db: Expected the database of sessions"):
            Sessions(other.pages_home, People(other.pages_home))
        assert (other.pages_home / path.name).read_bytes() == content


def _other_table() -> bytes:
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE sessions (hash TEXT)")
    base.commit()
    return base.serialize()


def test_sessions_that_break_while_they_are_used_are_an_error_of_theirs(
    client: TestClient, signed_in: SignIn, app: FastAPI
) -> None:
    signed_in()
    base = sqlite3.connect(app.state.access.sessions.path)
    base.execute("UPDATE sessions SET roles = 'see'")
    base.commit()
    answer = client.get("/audit")
    assert answer.status_code == 503
    assert "sessions.db: Expected" in answer.text
    base.execute("DROP TABLE sessions")
    base.commit()
    base.close()
    assert client.get("/audit").status_code == 503
