"""What each page owes to whoever looks: no mouse is needed, a phone will do, in the dark, too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from ticklake_assets_tests.serving.pipeline.browser.places import PLACES, settle
from ticklake_assets_tests.serving.pipeline.browser.site import Site
from ticklake_assets_tests.serving.pipeline.browser.watched import fits, no_serious_fault

_TABS = 400
"""More than a page has to go to."""
_FOCUSED = """() => {
    const each = document.activeElement, box = each.getBoundingClientRect(), look = getComputedStyle(each);
    return {
        at: [...document.querySelectorAll("*")].indexOf(each),
        html: each.outerHTML.slice(0, 120),
        isSeen: box.width > 0 && box.height > 0 && look.outlineStyle !== "none" && parseFloat(look.outlineWidth) > 0,
    };
}"""
_TO_REACH = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter(each => each.checkVisibility() && !each.disabled && each.tabIndex >= 0 && each.type !== "hidden")
    .map(each => [...document.querySelectorAll("*")].indexOf(each))"""
"""Places in the document of all that a mouse could press."""

each_page = pytest.mark.parametrize("path", PLACES.values(), ids=PLACES)


@each_page
def test_nobody_is_kept_out_of_it(site: Site, page: Page, dark: Page, phone: Page, path: str) -> None:
    for each in (page, dark, phone):
        site.sign_in(each)
        each.goto(site.url + path)
        settle(each)
        no_serious_fault(each)
        fits(each)


@each_page
def test_it_is_walked_by_the_keyboard(site: Site, page: Page, path: str) -> None:
    site.sign_in(page)
    page.goto(site.url + path)
    settle(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)"), (
        "nothing to go to"
    )


@each_page
def test_all_of_it_is_reached_by_the_keyboard_and_focus_is_seen(site: Site, page: Page, path: str) -> None:
    site.sign_in(page)
    page.goto(site.url + path)
    settle(page)
    wanted, reached = set(page.evaluate(_TO_REACH)), set[int]()
    for _ in range(_TABS):
        if wanted <= reached:
            break
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        assert focused["isSeen"] or focused["html"].startswith("<body"), focused["html"]
        reached.add(focused["at"])
    unreached = [
        page.evaluate("at => document.querySelectorAll('*')[at].outerHTML", at) for at in wanted - reached
    ]
    assert unreached == []
