"""A newcomer's way through the demo's data without a command line; each step begins where the last has led."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mt5_bridge.risk.kill_file import kill_reason
from mt5_bridge.running.status import MoneyStatus, Status, write_status
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


def test_a_signal_is_followed_down_to_its_raw_file(site: Site, owner: Page) -> None:
    owner.get_by_role("navigation", name="Pages").get_by_role("link", name="Why").click()
    owner.locator("main table a").first.click()
    settle(owner)
    chain = owner.locator("ul.chain")
    for word in ("bundle", "dataset", "raw"):
        expect(chain.get_by_text(word).first).to_be_attached(timeout=60_000)
    expect(chain.get_by_text("raw/ticks").first).to_be_attached()
    expect(owner.get_by_role("link", name="Read the raw bytes again and compare")).to_be_visible()


@pytest.fixture
def bridge(site: Site) -> Iterator[Path]:
    """The folder of one that was heard of just now."""
    folder = site.home / "bridge"
    write_status(folder, running_bridge(datetime.now(UTC)))
    yield folder
    shutil.rmtree(folder)


def test_the_kill_switch_is_pulled_with_a_reason_and_the_overview_says_so(
    site: Site, owner: Page, bridge: Path
) -> None:
    owner.goto(f"{site.url}/trading")
    expect(owner.get_by_role("article", name="Bridge bridge")).to_contain_text("PAPER")
    owner.get_by_role("link", name="Kill every bridge").click()
    owner.get_by_label("Reason").fill("the newcomer's alarm")
    owner.get_by_role("button", name="Kill every bridge").click()
    expect(owner.get_by_text("Killed: the newcomer's alarm").first).to_be_visible()
    assert "the newcomer's alarm" in (kill_reason(bridge) or "")
    owner.goto(f"{site.url}/")
    trouble = owner.locator("li", has_text="The bridge bridge (paper) is killed: the newcomer's alarm")
    expect(trouble).to_be_visible(timeout=60_000)
    trouble.get_by_role("link").click()
    owner.wait_for_url("**/trading/bridge")
    owner.goto(f"{site.url}/trading/switch/resume")
    owner.get_by_label("Reason").fill("a false alarm")
    owner.get_by_role("button", name="Resume every bridge").click()
    owner.wait_for_url("**/trading")
    assert kill_reason(bridge) is None


def running_bridge(now: datetime) -> Status:
    """One that trades nothing at the moment, on paper."""
    return Status(
        written=now,
        market_time=now,
        mode="paper",
        dry_run=False,
        account="7 at Paper",
        state="trading",
        why=None,
        terminal_connected=True,
        terminal_ahead_seconds=0.0,
        endpoint_ahead_seconds=0.0,
        money=MoneyStatus(currency="EUR", balance="1000", equity="1000", margin="0", free_margin="1000"),
        symbols={},
    )


def test_a_replay_is_watched_live_in_a_sandbox(site: Site, owner: Page) -> None:
    owner.goto(f"{site.url}/live/SYNEUR")
    owner.locator("input[name=day]").fill("2024-01-17", timeout=60_000)
    owner.locator("select[name=speed]").select_option(label="as fast as it goes")
    owner.get_by_role("button", name="Start the replay").click()
    playing = owner.get_by_role("heading", name="SYNEUR of 2024-01-17, replayed")
    expect(playing).to_be_visible(timeout=30_000)
    expect(owner.get_by_role("progressbar", name="Ticks replayed")).to_be_visible(timeout=60_000)
    owner.reload()  # in mid-run: it is found again
    ended = owner.get_by_role("heading", name="How the day went")
    expect(ended).to_be_visible(timeout=120_000)
    expect(owner.locator("dt", has_text="Beside gold")).to_be_visible()
    expect(owner.locator("#signals tr").first).to_contain_text("2024-01-17", timeout=30_000)
    owner.get_by_role("button", name="End the sandbox").click()
    expect(playing).to_have_count(0, timeout=30_000)
