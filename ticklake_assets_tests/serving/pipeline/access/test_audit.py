from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.testclient import TestClient

from serving.pipeline.access.audit import AuditLog, Entry, acting
from serving.pipeline.access.roles import CanTrade
from ticklake_assets.core.errors import DataError
from ticklake_assets_tests.serving.pipeline.conftest import SignIn


@pytest.fixture
def acted(app: FastAPI) -> None:
    @app.post("/test/act")
    def act(request: Request, _: CanTrade, how: str = "") -> dict[str, str]:
        with acting(request, "kill", "bridge A", reason="news", before={"on": False}) as found:
            if how == "wrong":
                raise DataError("Expected a bridge, was none")
            if how == "fault":
                raise ZeroDivisionError
            if how == "refused":
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
def test_what_an_action_itself_refuses_is_one_line(app: FastAPI, signed_in: SignIn) -> None:
    assert signed_in("trade").post("/test/act?how=refused").status_code == 403
    [found] = app.state.access.audit.entries()
    assert (found.action, found.outcome, found.error) == ("kill", "failed", "not this one")


def test_the_page_filters(app: FastAPI, signed_in: SignIn, client: TestClient) -> None:
    for name in ("<b>", "a password in the wrong field", "a\nb"):
        client.post("/enter", data={"name": name, "password": "wrong password"})
    text = signed_in().get("/audit?action=sign+in").text
    assert text.count("nobody that is known") == 3
    assert "wrong field" not in app.state.access.audit.path.read_text()
    assert "wrong password" not in app.state.access.audit.path.read_text()
    assert "Nobody has done anything" in client.get("/audit?who=ghost").text


def test_several_write_whole_lines_and_a_torn_one_costs_itself_alone(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    log.path.write_bytes(b'{"when": "2024')  # a power cut
    entry = Entry(when=datetime.now(UTC), who="a", roles=(), address="", action="x", what="y", outcome="done")
    with ThreadPoolExecutor(8) as beside:
        [*beside.map(log.write, [entry] * 40)]
    assert [*log.entries()] == [entry] * 40


def test_a_long_log_is_read_from_its_end(tmp_path: Path) -> None:
    """Of lines that lie across the blocks that it is read in, and one that is longer than a block."""
    log = AuditLog(tmp_path)
    assert [*log.entries()] == []
    sizes = [10, 90_000, *range(300, 400)]
    told = [
        Entry(
            when=datetime.now(UTC),
            who=str(at),
            roles=(),
            address="",
            action="x",
            what="y" * size,
            outcome="done",
        )
        for at, size in enumerate(sizes)
    ]
    for each in told:
        log.write(each)
    assert [*log.entries()] == told[::-1]
    assert next(log.entries()) == told[-1]
