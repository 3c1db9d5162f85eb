"""The live page in a real Chromium: a day is replayed and watched, and a breaker is opened and closed by hand."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from ticklake_assets_tests.serving.pipeline.browser.site import Site
from ticklake_assets_tests.serving.pipeline.browser.watched import fits, no_serious_fault

_MINUTE_MS = 60_000


def test_a_past_day_is_replayed_and_watched(site: Site, page: Page) -> None:
    site.sign_in(page, "see", "research")
    page.goto(f"{site.url}/live/SYNEUR")
    page.get_by_label("Speed").last.select_option("1000.0")
    page.get_by_role("button", name="Start the replay").click()
    expect(page.get_by_role("heading", name="Live SYNEUR · sandbox")).to_be_visible()
    expect(page.locator("#status-chip")).to_have_text("replay", timeout=_MINUTE_MS)
    expect(page.locator("#signals .chip").first).to_be_visible(timeout=_MINUTE_MS)
    expect(page.locator("#price-chart .uplot")).to_be_visible()
    page.reload()
    expect(page.locator("#signals .chip").first).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".chip", has_text="paused")).to_be_visible()
    page.get_by_label("Speed").first.select_option("0.0")
    page.get_by_role("button", name="Set").click()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("How the day went")).to_be_visible(timeout=_MINUTE_MS)
    expect(page.get_by_text("have the features of gold, bit for bit")).to_be_visible()
    no_serious_fault(page)
    page.get_by_role("button", name="End the sandbox").click()
    expect(page.get_by_text("has ended, its folder is gone")).to_be_visible()


def test_a_breaker_is_opened_and_closed_by_hand(site: Site, page: Page) -> None:
    site.sign_in(page, "see", "trade")
    page.goto(f"{site.url}/live/SYNJPY")
    page.get_by_role("link", name="Open the breaker").click()
    no_serious_fault(page)
    page.get_by_label("Reason").fill("a central bank speaks")
    page.get_by_role("button", name="Open the breaker of SYNJPY").click()
    expect(page.locator("#about").get_by_text("a central bank speaks")).to_be_visible()
    page.get_by_role("link", name="Close the breaker").click()
    page.get_by_label("Reason").fill("it has spoken")
    page.get_by_role("button", name="Close the breaker of SYNJPY").click()
    expect(page.locator("#about").get_by_text("it has spoken")).to_be_visible()
    expect(page.locator("#about").get_by_text("closed", exact=True)).to_be_visible()


def test_it_is_read_on_a_phone_and_in_the_dark(site: Site, phone: Page, dark: Page) -> None:
    for page in (phone, dark):
        site.sign_in(page, "see")
        page.goto(f"{site.url}/live/SYNEUR")
        expect(page.locator("#about h2").first).to_be_visible()
        no_serious_fault(page)
        fits(page)
