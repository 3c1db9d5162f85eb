from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.testclient import TestClient

from serving.pipeline.access.audit import AuditLog, Entry, acting
from serving.pipeline.access.people import People
from serving.pipeline.access.roles import CanTrade
from ticklake_assets.core.errors import DataError
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.pipeline.conftest import SignIn

_ENTRY = Entry(when=datetime.now(UTC), who="a", roles=(), address="", action="x", what="y", outcome="done")


@pytest.fixture
def acted(app: FastAPI) -> None:
    @app.post("/test/act")
    def act(request: Request, _: CanTrade, how: str = "") -> dict[str, str]:
        with acting(request, "kill", "bridge A", reason="news", before={"on": False}) as found:
            if how == "wrong":
                raise DataError("Expected a bridge, was none")
            if how == "fault":
                raise ZeroDivisionError
            if how == "forbidden":
                raise HTTPException(403, "not this one")
            if how == "http":
                raise HTTPException(404, "gone")
            found.after = {"on": True}
        return {}


@pytest.mark.usefixtures("acted")
def test_each_action_is_a_line(app: FastAPI, signed_in: SignIn) -> None:
    client = signed_in("trade")
    assert client.post("/test/act").status_code == 200
    assert client.post("/test/act?how=wrong").status_code == 422
    assert client.post("/test/act?how=http").status_code == 404
    with pytest.raises(ZeroDivisionError):
        client.post("/test/act?how=fault")
    found = [*app.state.access.audit.entries()]
    assert [each.outcome for each in found] == ["failed", "failed", "failed", "done"]
    done = found[-1]
    assert (done.who, done.roles, done.action, done.what, done.reason) == (
        "anna",
        ("see", "trade"),
        "kill",
        "bridge A",
        "news",
    )
    assert (done.before, done.after) == ({"on": False}, {"on": True})
    assert [each.error for each in found[:3]] == ["ZeroDivisionError", "gone", "Expected a bridge, was none"]


@pytest.mark.usefixtures("acted")
def test_a_refusal_is_a_line_too(app: FastAPI, signed_in: SignIn) -> None:
    assert signed_in("research").post("/test/act").status_code == 403
    [found] = app.state.access.audit.entries()
    assert (found.who, found.outcome, found.what) == ("anna", "refused", "POST /test/act")


@pytest.mark.usefixtures("acted")
def test_a_403_of_an_action_is_one_line(app: FastAPI, signed_in: SignIn) -> None:
    assert signed_in("trade").post("/test/act?how=forbidden").status_code == 403
    [found] = app.state.access.audit.entries()
    assert (found.action, found.outcome, found.error) == ("kill", "failed", "not this one")


def test_the_page_filters_and_escapes(app: FastAPI, signed_in: SignIn, client: TestClient) -> None:
    signed_in(name="<b>").post("/trading/switch/kill", data={"reason": "<i>"})
    text = client.get("/audit?action=refused").text
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert "Nobody has done anything" in client.get("/audit?who=ghost").text


def test_what_is_typed_as_a_name_is_written_where_somebody_has_it(
    app: FastAPI, client: TestClient, settings: Settings
) -> None:
    """A password in the wrong field would stand there else."""
    People(settings.pages_home).add("anna", "a long password of hers", ["see"])
    for _ in range(12):
        client.post("/enter", data={"name": "a long password of hers", "password": "anna"})
    client.post("/enter", data={"name": "anna", "password": "also a password"})
    log: AuditLog = app.state.access.audit
    text = log.path.read_text()
    assert "password of hers" not in text
    assert "also a password" not in text
    assert len(text.splitlines()) == 11  # ten wrong ones, and one line that a pause was told


def test_who_is_known_is_named(app: FastAPI, client: TestClient, settings: Settings) -> None:
    People(settings.pages_home).add("anna", "a long password of hers", ["see"])
    client.post("/enter", data={"name": "anna", "password": "a wrong password"})
    [found] = app.state.access.audit.entries()
    assert (found.who, found.outcome) == ("anna", "refused")


@pytest.mark.parametrize("forged", ["\n", "\r\n", "\r", "\u2028", "\x85", "\x00", '"}\n{"when"'])
def test_no_text_makes_a_line_of_its_own(tmp_path: Path, forged: str) -> None:
    log = AuditLog(tmp_path)
    line = _ENTRY.model_copy(update={"who": "mallory"}).model_dump_json()
    entry = _ENTRY.model_copy(update={"what": f"x{forged}{line}{forged}", "reason": f"{forged}{line}"})
    log.write(entry)
    log.write(_ENTRY)
    assert [*log.entries()] == [_ENTRY, entry]


def test_the_newest_are_read_from_the_end(tmp_path: Path) -> None:
    """What lies before is not looked at: a log of years costs as little as one of a day."""
    log = AuditLog(tmp_path)
    log.write(_ENTRY)
    line = log.path.read_bytes()
    with log.path.open("wb") as file:
        file.truncate(1 << 40)  # a hole
        file.seek(0, 2)
        file.write(b"\n" + line * 2000)
    assert len([*islice(log.entries(), 2000)]) == 2000


def test_lines_longer_than_what_is_read_at_once_stay_whole(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    entries = [
        _ENTRY.model_copy(update={"after": f"{at}" * size}) for at, size in enumerate((1, 90_000, 7, 200_000))
    ]
    for each in entries:
        log.write(each)
    assert [*log.entries()] == entries[::-1]


def test_several_write_whole_lines_and_a_torn_one_costs_itself_alone(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    log.path.write_bytes(b'{"when": "2024')  # a power cut
    with ThreadPoolExecutor(8) as beside:
        [*beside.map(log.write, [_ENTRY] * 40)]
    assert [*log.entries()] == [_ENTRY] * 40
