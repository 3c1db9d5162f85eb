"""The page's routes over a real endpoint: who may do what, and what is written down of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.pipeline.access.audit import AuditLog
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.pipeline.conftest import SignIn
from ticklake_assets_tests.serving.running_endpoint import running_endpoint

_DAY = {"day": "2024-01-17", "layer": "raw", "bundle": "none", "speed": "60"}


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Of a home whose endpoint runs."""
    with running_endpoint(tmp_path / "home") as running:
        assert running.token
        yield Settings(home=tmp_path / "home", endpoint_url=running.url)


def test_the_breaker_by_hand_is_said_before_and_written_down_after(
    signed_in: SignIn, settings: Settings
) -> None:
    client = signed_in("trade", name="anna")
    before = client.get("/live/SYNEUR/breaker/open").text
    assert "no bridge opens a position" in before
    assert "closed" in before
    done = client.post("/live/SYNEUR/breaker/open", data={"reason": "central bank at noon"})
    assert (done.status_code, done.headers["location"]) == (303, "/live/SYNEUR")
    after = client.get("/live/SYNEUR/breaker/close").text
    assert "central bank at noon (anna, pages)" in after
    client.post("/live/SYNEUR/breaker/close", data={"reason": "it is over"})
    closed, opened = (each for each in AuditLog(settings.pages_home).entries() if "breaker" in each.action)
    assert (opened.who, opened.what, opened.reason) == ("anna", "SYNEUR", "central bank at noon")
    assert (opened.before, opened.after) == ("closed", "open by hand: central bank at noon (anna, pages)")
    assert (closed.before, closed.after) == (opened.after, "closed")


@pytest.mark.parametrize(
    ("role", "path", "body"),
    [
        ("research", "/live/SYNEUR/breaker/open", {"reason": "because"}),
        ("deploy", "/live/SYNEUR/breaker/close", {"reason": "because"}),
        ("trade", "/live/SYNEUR/replay", _DAY),
        ("trade", "/live/SYNEUR/sandbox/abcd/end", {}),
        ("trade", "/live/SYNEUR/sandbox/abcd/order", {"do": "pause"}),
    ],
)
def test_another_role_may_not(signed_in: SignIn, role: str, path: str, body: dict[str, str]) -> None:
    assert signed_in(role).post(path, data=body).status_code == 403  # type: ignore[arg-type]


def test_a_reason_is_needed(signed_in: SignIn) -> None:
    assert signed_in("trade").post("/live/SYNEUR/breaker/open", data={"reason": "    "}).status_code == 422


def test_a_day_that_the_lake_does_not_have_is_refused(signed_in: SignIn) -> None:
    answer = signed_in("research").post("/live/SYNEUR/replay", data=_DAY)
    assert answer.status_code == 422
    assert "The lake has no 2024-01-17 of SYNEUR" in answer.text


def test_the_page_names_its_stream_and_what_a_role_lacks(signed_in: SignIn) -> None:
    text = signed_in().get("/live/SYNEUR").text
    assert 'data-events="/live/SYNEUR/events"' in text
    assert "style=" not in text
    assert "role trade" in signed_in().get("/live/SYNEUR/breaker/open").text


@pytest.mark.parametrize("path", ["/live/ABCDEF", "/live/SYNEUR?sandbox=gone", "/live/ABCDEF/events"])
def test_what_is_not_there_is_said(signed_in: SignIn, path: str) -> None:
    assert signed_in().get(path).status_code == 404


def test_without_days_and_models_the_next_command_is_said(signed_in: SignIn) -> None:
    assert "ticklake demo" in signed_in().get("/live").text
    assert "ticklake backfill SYNEUR" in signed_in("research").get("/live/SYNEUR/replay").text
