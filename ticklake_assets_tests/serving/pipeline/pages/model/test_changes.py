"""Promote and roll back from a page: what is said before, what is done, what is kept of it, and who may."""

from __future__ import annotations

from shutil import rmtree
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mt5_bridge.running.status import write_status
from serving.pipeline.access.audit import AuditLog
from ticklake_assets_tests.lifecycle.lives import SYMBOL
from ticklake_assets_tests.mt5_bridge.people.statuses import make_status
from ticklake_assets_tests.serving.pipeline.conftest import SignIn
from ticklake_assets_tests.serving.pipeline.pages.model.conftest import Known


@pytest.fixture
def deployer(signed_in: SignIn) -> TestClient:
    return signed_in("deploy")


def promote(page: TestClient, number: int, reason: str = "the gates say so") -> Any:
    return page.post(f"/models/{SYMBOL}/{number}/promote", data={"reason": reason})


def audited(page: TestClient) -> Any:
    log: AuditLog = page.app.state.access.audit  # type: ignore[attr-defined]
    return next(log.entries())


def test_a_life_of_promotions_and_a_rollback(deployer: TestClient, changing: Known) -> None:
    first, second = changing.passed, changing.later
    assert "no previous champion" in deployer.get(f"/models/{SYMBOL}/rollback").text
    text = deployer.get(f"/models/{SYMBOL}/{first.number}/promote").text
    assert f"No version trades {SYMBOL} now; version {first.number} will" in text
    assert "Open positions stay as they are" in text
    answer = promote(deployer, first.number)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/models/{SYMBOL}/{first.number}")
    assert changing.life.truth() == ({"champion": 1, "candidate": 4}, {"live": 1})
    entry = audited(deployer)
    assert (entry.action, entry.what, entry.reason) == ("promote", f"{SYMBOL} version 1", "the gates say so")
    assert (entry.who, entry.outcome) == ("anna", "done")
    assert (entry.before["champion"], entry.before["endpoint"]) == (None, {})
    assert (entry.after["champion"], entry.after["endpoint"]) == (1, {first.bundle: "live"})

    again = deployer.get(f"/models/{SYMBOL}/champion/promote").text
    assert f"Version 1 trades {SYMBOL} already" in again

    text = deployer.get(f"/models/{SYMBOL}/{second.number}/promote").text
    assert "Version 1, the champion, trades SYNEUR now; version 2 will" in text
    assert "It will act from a probability of" in text
    assert promote(deployer, second.number).status_code == 303

    text = deployer.get(f"/models/{SYMBOL}/rollback").text
    assert f"Roll {SYMBOL} back to version 1?" in text
    assert "Version 1 is the older one: as of 2024-01-10, and 2024-01-12 trades now." in text
    answer = deployer.post(f"/models/{SYMBOL}/rollback", data={"reason": "worse than before"})
    assert answer.status_code == 303
    assert changing.life.truth()[0] == {"champion": 1, "previous": 2, "candidate": 4}
    assert (audited(deployer).before["champion"], audited(deployer).after["champion"]) == (2, 1)


def test_what_the_gates_refused_is_explained_and_never_asked_for(deployer: TestClient, known: Known) -> None:
    rejected, unseen = known.rejected, known.unseen
    text = deployer.get(f"/models/{SYMBOL}/{rejected.number}/promote").text
    assert "no role may overrule them" in text
    assert "live features are not those that it was trained and tested on" in text
    assert '<button class="primary"' not in text
    for version in (rejected, unseen):
        assert promote(deployer, version.number).status_code == 409
    assert deployer.app.state.sources.commands.asked == []  # type: ignore[attr-defined]
    assert known.life.truth() == ({"candidate": 4}, {})


def test_what_bridges_hold_now_is_shown_beside_the_change(deployer: TestClient, known: Known) -> None:
    here = f"/models/{SYMBOL}/{known.passed.number}/promote"
    assert "No bridge of this home trades it now" in deployer.get(here).text
    held = make_status().symbols["EURUSD"]
    folder = known.life.endpoint.settings.home / "bridge"
    folder.mkdir()
    try:
        write_status(folder, make_status(symbols={SYMBOL: held}))
        text = deployer.get(here).text
    finally:
        rmtree(folder)
    assert "open: long 0.13 at 1.0851, stop 1.0841, target 1.0861" in text
    assert '<span class="mode demo">DEMO</span>' in text


def test_a_reason_is_asked_for(deployer: TestClient, known: Known) -> None:
    answer = promote(deployer, known.passed.number, "  ")
    assert answer.status_code == 422
    assert "Expected a reason" in answer.text
    assert known.life.truth()[1] == {}


def test_the_command_s_refusal_is_shown_and_kept(deployer: TestClient, changing: Known) -> None:
    changing.life.open_test_days(changing.passed)
    answer = promote(deployer, changing.passed.number)
    assert answer.status_code == 409
    assert "is out of date" in answer.text
    assert "What will change" in answer.text, "the page is still there to try again"
    entry = audited(deployer)
    assert entry.outcome == "failed"
    assert "is out of date" in entry.error


def test_only_the_role_deploy_may(known: Known, signed_in: SignIn) -> None:
    page = signed_in("research", "trade")
    assert promote(page, known.passed.number).status_code == 403
    assert page.post(f"/models/{SYMBOL}/rollback", data={"reason": "x"}).status_code == 403
    text = page.get(f"/models/{SYMBOL}/{known.passed.number}/promote").text
    assert "Expected the role deploy" in text
    assert "<form" not in text.split("Do it")[1].split("</section>")[0]
    assert known.life.truth()[1] == {}


def test_a_call_without_its_token_does_nothing(deployer: TestClient, known: Known) -> None:
    del deployer.headers["X-CSRF-Token"]
    assert promote(deployer, known.passed.number).status_code == 403
    assert known.life.truth()[1] == {}
