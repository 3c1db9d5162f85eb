"""A newcomer's whole way through the demo's data without a command line; each step begins where the last has led."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from mt5_bridge.risk.kill_file import kill_reason
from serving.pipeline.access.tickets import new_ticket_link
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.pipeline.browser.bridges import heard_of
from ticklake_assets_tests.serving.pipeline.browser.places import settle
from ticklake_assets_tests.serving.pipeline.browser.site import Site
from ticklake_assets_tests.serving.pipeline.browser.watched import Faults

_RUNS_MS = 300_000
"""Two folds and their report, by a daemon on a machine that does other things, too."""
_CHANGE_MS = 60_000


@pytest.fixture
def owner(site: Site, page: Page) -> Page:
    """Who has followed the link that the demo ends with."""
    page.goto(new_ticket_link(Settings(home=site.home, pages_url=site.url)))
    page.wait_for_url(f"{site.url}/")
    return page


def test_the_link_of_the_demo_is_good_once(site: Site, owner: Page, faults: Faults) -> None:
    faults.allow("status of 401")
    used = new_ticket_link(Settings(home=site.home, pages_url=site.url))
    owner.goto(used)
    owner.goto(used)
    expect(owner.get_by_role("alert")).to_contain_text("This link was used")


def test_the_whole_way_without_a_command_line(site: Site, owner: Page) -> None:
    _sees_the_demos_data(owner)
    _launches_a_training_and_sees_it_finish(owner)
    _reads_why_a_model_was_rejected(owner)
    _promotes_the_one_that_passed(owner)
    _watches_a_replay(owner)
    _rolls_back(owner)
    _follows_a_signal_to_its_raw_file(owner)
    with heard_of(site.home / "bridge") as bridge:
        _pulls_the_kill_switch(owner)
        assert "the newcomer's alarm" in (kill_reason(bridge) or "")
        _resumes(owner)
        assert kill_reason(bridge) is None


def go(owner: Page, name: str) -> None:
    """By the menu, as a person does."""
    owner.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True).click()
    settle(owner)


def _sees_the_demos_data(owner: Page) -> None:
    for symbol, verdict in (("SYNEUR", "passed"), ("SYNJPY", "rejected")):
        card = owner.get_by_role("region", name=symbol)
        expect(card).to_contain_text("2024-01-17", timeout=_CHANGE_MS)
        expect(card).to_contain_text(verdict)
    owner.get_by_role("region", name="SYNEUR").get_by_role("link", name="SYNEUR", exact=True).click()
    owner.get_by_role("link", name="2024-01-17: in gold").click()
    expect(owner.get_by_text("none lost")).to_be_visible()


def _launches_a_training_and_sees_it_finish(owner: Page) -> None:
    """A chain of folds other than the demo's: what its models meet has not been spent."""
    go(owner, "Lifecycle")
    owner.get_by_role("link", name="Plan a walk-forward").click()
    for label, value in (("From no", "2024-01-14"), ("To as-of", "2024-01-18")):
        owner.get_by_label(label).fill(value)
    owner.get_by_label("Every").fill("2")
    owner.get_by_role("button", name="Plan it").click()
    expect(owner.get_by_role("heading", name="3 folds, rolling")).to_be_visible(timeout=_CHANGE_MS)
    owner.get_by_role("button", name="Run it").click()
    expect(owner.get_by_role("heading", name="Walk-forward of SYNEUR")).to_be_visible(timeout=_CHANGE_MS)
    owner.reload()  # in mid-run: it goes on, and is found again
    expect(owner.locator("pre")).to_contain_text("passed", timeout=_RUNS_MS)
    go(owner, "Lifecycle")
    expect(owner.get_by_role("heading", name="as of 2024-01-18")).to_be_visible()
    report = owner.locator("ol.board li", has=owner.get_by_role("heading", name="Walk-forward"))
    expect(report.get_by_text("done")).to_be_visible(timeout=_CHANGE_MS)


def _reads_why_a_model_was_rejected(owner: Page) -> None:
    go(owner, "Overview")
    owner.get_by_role("link", name="Read why there is no champion").click()
    row = owner.get_by_role("row").filter(has_text="rejected")
    row.get_by_role("link").first.click()
    expect(owner.get_by_role("heading", name="Gates")).to_be_visible()
    refused = owner.locator("table.gates tr", has_text="failed").first
    assert len(refused.locator("td.words").inner_text()) > 20, "a plain sentence"


def _promotes_the_one_that_passed(owner: Page) -> None:
    go(owner, "Models")
    row = owner.get_by_role("row").filter(has_text="SYNEUR").filter(has_text="2024-01-18").first
    expect(row).to_contain_text("passed")
    row.get_by_role("link").first.click()
    owner.get_by_role("link", name="Promote").click()
    expect(owner.get_by_role("heading", name="What will change")).to_be_visible()
    owner.get_by_label("Reason").fill("the newcomer's first")
    owner.get_by_role("button", name=re.compile(r"Promote version \d")).click()
    expect(owner.locator("p.said")).to_be_visible(timeout=_CHANGE_MS)
    _kept(owner, "the newcomer's first", "owner")


def _watches_a_replay(owner: Page) -> None:
    go(owner, "Live")
    owner.get_by_label("Day", exact=True).fill("2024-01-17", timeout=_CHANGE_MS)
    owner.get_by_label("Speed").last.select_option(label="as fast as it goes")
    owner.get_by_role("button", name="Start the replay").click()
    expect(owner.get_by_role("progressbar", name="Ticks replayed")).to_be_visible(timeout=_CHANGE_MS)
    owner.reload()  # in mid-run: it is found again
    expect(owner.get_by_role("heading", name="How the day went")).to_be_visible(timeout=2 * _CHANGE_MS)
    expect(owner.locator("#signals tr").first).to_contain_text("2024-01-17", timeout=_CHANGE_MS)
    owner.get_by_role("button", name="End the sandbox").click()
    expect(owner.get_by_text("has ended, its folder is gone")).to_be_visible()


def _rolls_back(owner: Page) -> None:
    go(owner, "Models")
    owner.get_by_role("navigation", name="Symbols").get_by_role("link", name="SYNEUR").click()
    owner.get_by_role("link", name="Roll back").click()
    expect(owner.get_by_role("heading", name="Roll SYNEUR back to version 3?")).to_be_visible()
    owner.get_by_label("Reason").fill("the newcomer's doubt")
    owner.get_by_role("button", name="Roll back to version 3").click()
    expect(owner.locator("p.said")).to_be_visible(timeout=_CHANGE_MS)
    expect(owner.get_by_role("heading", name="SYNEUR version 3")).to_contain_text("champion")
    _kept(owner, "the newcomer's doubt", "owner")


def _follows_a_signal_to_its_raw_file(owner: Page) -> None:
    go(owner, "Why")
    owner.locator("main table a").first.click()
    chain = owner.locator("ul.chain")
    for word in ("Model bundle", "Dataset", "Raw file"):
        expect(chain.get_by_text(word, exact=True).first).to_be_visible(timeout=_CHANGE_MS)
    chain.get_by_role("link", name="raw/ticks/SYNEUR").first.click()
    expect(owner.get_by_text("What this file went into").or_(owner.get_by_text("none lost"))).to_be_visible(
        timeout=_CHANGE_MS
    )


def _pulls_the_kill_switch(owner: Page) -> None:
    go(owner, "Trading")
    expect(owner.get_by_role("article", name="Bridge bridge")).to_contain_text("PAPER")
    owner.get_by_role("link", name="Kill every bridge").click()
    owner.get_by_label("Reason").fill("the newcomer's alarm")
    owner.get_by_role("button", name="Kill every bridge").click()
    expect(owner.get_by_text("Killed: the newcomer's alarm").first).to_be_visible()
    go(owner, "Overview")
    trouble = owner.locator("li", has_text="The bridge bridge (paper) is killed: the newcomer's alarm")
    expect(trouble).to_be_visible(timeout=_CHANGE_MS)
    trouble.get_by_role("link").click()
    owner.wait_for_url("**/trading/bridge")


def _resumes(owner: Page) -> None:
    go(owner, "Trading")
    owner.get_by_role("link", name="Resume every bridge").click()
    owner.get_by_label("Reason").fill("a false alarm")
    owner.get_by_role("button", name="Resume every bridge").click()
    owner.wait_for_url("**/trading")


def _kept(owner: Page, reason: str, who: str) -> None:
    """The audit log has it."""
    owner.locator("details.person summary").click()
    owner.get_by_role("link", name="Audit log").click()
    kept = owner.locator("tr", has_text=reason).first
    expect(kept).to_contain_text("done")
    expect(kept).to_contain_text(who)
