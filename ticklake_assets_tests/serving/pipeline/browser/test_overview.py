from __future__ import annotations

from playwright.sync_api import Page, expect

from ticklake_assets_tests.serving.pipeline.browser.site import Site
from ticklake_assets_tests.serving.pipeline.browser.watched import fits, no_serious_fault


def test_one_look_says_whether_all_is_well(site: Site, page: Page) -> None:
    site.sign_in(page, "see")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.locator("p.big")).to_be_visible()
    no_serious_fault(page)


def test_it_is_read_on_a_phone_and_in_the_dark(site: Site, phone: Page, dark: Page) -> None:
    for page in (phone, dark):
        site.sign_in(page, "see")
        expect(page.locator("p.big")).to_be_visible()
        no_serious_fault(page)
        fits(page)
