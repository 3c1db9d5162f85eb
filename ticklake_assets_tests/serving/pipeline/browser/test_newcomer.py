"""A newcomer's way through the demo's data without a command line; each step begins where the last has led."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from serving.pipeline.access.tickets import new_ticket_link
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.pipeline.browser.places import settle
from ticklake_assets_tests.serving.pipeline.browser.site import Site
from ticklake_assets_tests.serving.pipeline.browser.watched import Faults


@pytest.fixture
def owner(site: Site, page: Page) -> Page:
    """Who has followed the link that the demo ends with."""
    page.goto(new_ticket_link(Settings(home=site.home, pages_url=site.url)))
    page.wait_for_url(f"{site.url}/")
    return page


def card(page: Page, symbol: str) -> str:
    expect(page.get_by_role("region", name=symbol)).to_contain_text("Last complete day", timeout=30_000)
    return page.get_by_role("region", name=symbol).inner_text()


def test_the_link_of_the_demo_is_good_once(site: Site, owner: Page, faults: Faults) -> None:
    faults.allow("status of 401")
    used = new_ticket_link(Settings(home=site.home, pages_url=site.url))
    owner.goto(used)
    owner.goto(used)
    expect(owner.get_by_role("alert")).to_contain_text("This link was used")


def test_the_demos_data_and_why_a_model_was_rejected(owner: Page) -> None:
    assert "2024-01-17" in card(owner, "SYNEUR")
    assert "passed" in card(owner, "SYNEUR")
    assert "rejected" in card(owner, "SYNJPY")
    owner.get_by_role("link", name="Read why there is no champion").click()
    settle(owner)
    expect(owner.get_by_text("rejected").first).to_be_visible()
    owner.locator("main table a").first.click()
    expect(owner.get_by_role("heading", name="Gates")).to_be_visible()
    refused = owner.locator("table.gates tr", has_text="failed").first
    expect(refused).to_be_visible()
    assert len(refused.locator("td.words").inner_text()) > 20, "a plain sentence"


def test_one_that_passed_is_promoted_with_a_reason_that_is_kept(site: Site, owner: Page) -> None:
    owner.goto(f"{site.url}/models/SYNEUR/3/promote")
    expect(owner.get_by_role("heading", name="What will change")).to_be_visible()
    owner.get_by_label("Reason").fill("the newcomer's first")
    owner.get_by_role("button", name="Promote version 3").click(timeout=60_000)
    owner.wait_for_url("**/models/SYNEUR**", timeout=60_000)
    expect(owner.locator("p.said")).to_be_visible(timeout=60_000)
    owner.goto(f"{site.url}/audit")
    kept = owner.locator("tr", has_text="the newcomer's first").first
    expect(kept).to_contain_text("done")
    expect(kept).to_contain_text("owner")


def test_who_may_only_look_is_told_which_role_it_takes(site: Site, page: Page) -> None:
    site.sign_in(page, "see")
    page.goto(f"{site.url}/models/SYNEUR/3/promote")
    expect(page.get_by_text("Expected the role deploy")).to_be_visible()
    expect(page.get_by_role("button", name="Promote version 3")).to_have_count(0)
