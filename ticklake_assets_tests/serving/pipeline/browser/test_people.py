"""Who is let in, who is not, and several at once."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from ticklake_assets_tests.serving.pipeline.browser.conftest import Open
from ticklake_assets_tests.serving.pipeline.browser.site import Site
from ticklake_assets_tests.serving.pipeline.browser.watched import Faults, fits, no_serious_fault


def test_a_wrong_password_says_what_to_do_and_lets_nobody_in(site: Site, page: Page, faults: Faults) -> None:
    faults.allow("status of 401")
    name, _ = site.add_person("see")
    site.enter(page, name, "another password")
    expect(page.get_by_role("alert")).to_contain_text("Expected a name and its password")
    no_serious_fault(page)
    page.goto(f"{site.url}/ops")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_who_may_only_look_is_told_which_role_it_takes(site: Site, page: Page, faults: Faults) -> None:
    faults.allow("status of 403")
    site.sign_in(page, "see")
    page.goto(f"{site.url}/models/SYNEUR/3/promote")
    expect(page.get_by_text("Expected the role deploy")).to_be_visible()
    expect(page.get_by_role("button", name="Promote version 3")).to_have_count(0)
    for address, role in (
        ("/ops/sql", "research"),
        ("/lifecycle/SYNEUR/2024-01-17/launch?step=fold", "research"),
        ("/trading/switch/kill", "trade"),
        ("/live/SYNEUR/breaker/open", "trade"),
    ):
        page.goto(site.url + address)
        expect(page.locator("main")).to_contain_text(re.compile(f"role '?{role}"))
        expect(page.locator("main form")).to_have_count(0)
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
        no_serious_fault(page)


def test_who_followed_a_link_arrives_there_after_the_door(site: Site, page: Page) -> None:
    name, password = site.add_person("see")
    page.goto(f"{site.url}/audit?who=anna")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{site.url}/audit?who=anna")


def test_two_people_are_two_at_once_and_one_leaves_alone(site: Site, open_page: Open) -> None:
    first, second = open_page(), open_page(phone=True)
    names = [site.sign_in(each, "see") for each in (first, second)]
    for each, name in zip((first, second), names, strict=True):
        expect(each.locator("details.person summary")).to_have_text(name)
    first.locator("details.person summary").click()
    first.get_by_role("button", name="Sign out").click()
    expect(first.get_by_role("heading", name="Sign in")).to_be_visible()
    second.reload()
    expect(second.get_by_role("heading", name="Overview")).to_be_visible()


def test_the_door_is_for_everybody(site: Site, page: Page, dark: Page, phone: Page) -> None:
    for each in (page, dark, phone):
        each.goto(f"{site.url}/enter")
        no_serious_fault(each)
        fits(each)
