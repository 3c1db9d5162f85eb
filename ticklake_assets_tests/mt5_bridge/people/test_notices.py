from __future__ import annotations

from collections.abc import Iterator

import pytest
import typer
from rich.console import Console

from mt5_bridge.commands.telling import told
from mt5_bridge.errors import ConnectionLost, SetupError
from mt5_bridge.people.notices import VARIABLE, notify
from ticklake_assets_tests.webhook import Webhook, webhook


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    with webhook() as running:
        monkeypatch.setenv(VARIABLE, running.url)
        yield running


def test_a_bridge_that_stops_tells_people_and_no_password(hook: Webhook) -> None:
    with pytest.raises(typer.Exit), told(Console(quiet=True)):
        raise ConnectionLost("ws://me:s3cr3t@host:1/v1/stream does not answer")
    (post,) = hook.posts
    assert post["title"] == "ticklake-bridge stopped"
    assert post["message"] == "ws://***@host:1/v1/stream does not answer"


def test_what_a_person_typed_wrong_is_told_to_that_person_alone(hook: Webhook) -> None:
    with pytest.raises(typer.Exit), told(Console(quiet=True)):
        raise SetupError("--token-file x: Expected a file")
    assert hook.posts == []


def test_a_notice_that_fails_is_said_without_the_address(
    hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook.status = 403
    assert notify("title", "text") == (
        "TICKLAKE_NOTIFY: Expected every address to take the notice, was refused by at least one"
    )
    monkeypatch.delenv(VARIABLE)
    assert notify("title", "text") is None
    assert len(hook.posts) == 1
