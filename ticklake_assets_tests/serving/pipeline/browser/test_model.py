"""A person reads why a model was rejected, looks through its trades, and promotes one that passed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from ticklake_assets_tests.serving.pipeline.browser.site import Site
from ticklake_assets_tests.serving.pipeline.browser.watched import Faults, fits, no_serious_fault

PASSED, REJECTED = "/models/SYNEUR/champion", "/models/SYNJPY/candidate"
ALL = ("/models", PASSED, f"{PASSED}/plots", f"{PASSED}/trades", "/models/SYNEUR/compare?a=1&b=2", "/models/SYNEUR/trials",
       f"{PASSED}/promote", f"{REJECTED}/promote")  # fmt: skip


def read(page: Page, site: Site, address: str) -> None:
    page.goto(site.url + address)
    page.wait_for_load_state("networkidle")
    expect(page.locator(".waiting")).to_have_count(0)


def test_why_a_model_was_rejected_is_read_and_no_role_may_promote_it(site: Site, page: Page) -> None:
    site.sign_in(page)
    read(page, site, "/models")
    row = page.get_by_role("row").filter(has_text="SYNJPY").filter(has_text="candidate")
    expect(row).to_contain_text("This chain may not trade")
    row.get_by_role("link").first.click()
    expect(page.locator(".sentence")).to_contain_text("gates refuse it")
    page.get_by_role("link", name="Why it can't be promoted").click()
    expect(page.get_by_role("alert").or_(page.locator(".problem"))).to_contain_text(
        "no role may overrule them"
    )
    expect(page.get_by_role("button", name="Promote")).to_have_count(0)


def test_a_trade_is_found_by_its_filters_and_seen_among_its_quotes(site: Site, page: Page) -> None:
    site.sign_in(page, "see")
    read(page, site, f"{PASSED}/trades")
    page.get_by_label("Side").select_option("short")
    page.get_by_label("Ended by").select_option("stop")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(lambda url: "side=short" in url and "outcome=stop" in url)  # type: ignore[arg-type]
    page.locator("table tbody a").first.click()
    expect(page.get_by_role("heading", name="SYNEUR short")).to_be_visible()
    expect(page.locator(".plot canvas")).to_be_visible()
    expect(page.get_by_text("Latest end")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Side")).to_have_value("short")


def test_a_plot_is_read_by_keyboard(site: Site, page: Page) -> None:
    site.sign_in(page, "see")
    read(page, site, f"{PASSED}/plots")
    plot = page.locator("[data-drawn]").first
    plot.focus()
    page.keyboard.press("ArrowRight")
    expect(plot.locator("output")).to_contain_text("pips a day")


def test_a_champion_is_promoted_again_with_a_reason(site: Site, page: Page) -> None:
    site.sign_in(page, "deploy", "see")
    read(page, site, f"{PASSED}/promote")
    page.get_by_label("Reason").fill("the endpoint was set up anew")
    page.get_by_role("button", name="Promote version").click()
    expect(page.get_by_role("status")).to_contain_text("is champion", timeout=60_000)
    page.goto(f"{site.url}/audit")
    expect(page.get_by_text("the endpoint was set up anew").first).to_be_visible()


def test_who_may_not_deploy_is_told_whom_to_ask(site: Site, page: Page, faults: Faults) -> None:
    site.sign_in(page, "see", "research")
    read(page, site, f"{PASSED}/promote")
    expect(page.get_by_text("Expected the role deploy")).to_be_visible()
    expect(page.get_by_label("Reason")).to_have_count(0)
    assert faults.unexpected == []


@pytest.mark.parametrize("address", ALL)
def test_every_page_is_read_on_a_phone_and_in_the_dark(
    site: Site, phone: Page, dark: Page, address: str
) -> None:
    for page in (phone, dark):
        site.sign_in(page, "see")
        read(page, site, address)
        no_serious_fault(page)
        fits(page)
