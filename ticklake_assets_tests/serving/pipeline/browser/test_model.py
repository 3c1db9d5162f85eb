"""A person reads why a model may not trade, looks through trades and plots, on a phone and in the dark, too."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from ticklake_assets_tests.serving.pipeline.browser.places import settle
from ticklake_assets_tests.serving.pipeline.browser.site import Site
from ticklake_assets_tests.serving.pipeline.browser.watched import fits, no_serious_fault

PASSED, REJECTED = "/models/SYNEUR/champion", "/models/SYNJPY/candidate"
MORE = (
    PASSED,
    f"{PASSED}/plots",
    f"{PASSED}/trades",
    "/models/SYNEUR/compare?a=1&b=2",
    "/models/SYNEUR/trials",
    f"{PASSED}/promote",
)
"""Pages below the list of versions."""


def read(page: Page, site: Site, address: str) -> None:
    page.goto(site.url + address)
    settle(page)


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
    expect(page).to_have_url(re.compile("side=short&outcome=stop"))
    page.locator("table tbody a").first.click()
    expect(page.get_by_role("heading", name="SYNEUR short")).to_be_visible()
    expect(page.locator(".plot canvas")).to_be_visible()
    expect(page.get_by_text("Latest end")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Side")).to_have_value("short")


def test_a_plot_is_read_by_keyboard(site: Site, page: Page) -> None:
    site.sign_in(page, "see")
    read(page, site, f"{PASSED}/plots")
    plot = page.locator("[data-marks]").first
    plot.focus()
    page.keyboard.press("ArrowRight")
    expect(plot.locator("output")).to_contain_text("pips a day")


@pytest.mark.parametrize("address", MORE)
def test_every_page_is_read_on_a_phone_and_in_the_dark(
    site: Site, phone: Page, dark: Page, address: str
) -> None:
    for page in (phone, dark):
        site.sign_in(page, "see")
        read(page, site, address)
        no_serious_fault(page)
        fits(page)
