"""Bridges in the browser: modes that nobody mistakes, what was refused and why, limits, and a waterfall that sums."""

from __future__ import annotations

import re
from contextlib import ExitStack
from decimal import Decimal

from playwright.sync_api import Page, expect

from ticklake_assets_tests.serving.pipeline.browser.bridges import heard_of, tell
from ticklake_assets_tests.serving.pipeline.browser.site import Site
from ticklake_assets_tests.serving.pipeline.browser.watched import fits, no_serious_fault

MODES = ("live", "demo", "paper")
_LOOK = (
    "each => { const s = getComputedStyle(each); return [s.color, s.backgroundColor, s.borderStyle].join() }"
)


def test_paper_demo_and_live_are_told_apart_by_word_colour_border_and_place(
    site: Site, page: Page, dark: Page, phone: Page
) -> None:
    with ExitStack() as heard:
        for mode in MODES:
            heard.enter_context(heard_of(site.home / "bridges" / f"of-{mode}", mode))
        for each in (page, dark, phone):
            site.sign_in(each)
            each.goto(f"{site.url}/trading")
            words = [each.get_by_role("article", name=f"Bridge of-{mode}").locator(".mode") for mode in MODES]
            assert [word.inner_text() for word in words] == ["LIVE", "DEMO", "PAPER"]
            assert len({word.evaluate(_LOOK) for word in words}) == len(MODES)
            places = [
                word.evaluate("each => [...document.querySelectorAll('.mode')].indexOf(each)")
                for word in words
            ]
            assert places == sorted(places), "what costs money stands first"
            no_serious_fault(each)
            fits(each)


def test_what_was_refused_says_why_and_limits_say_how_much_is_used(
    site: Site, page: Page, phone: Page
) -> None:
    with heard_of(site.home / "bridges" / "told") as folder:
        comment = tell(folder)
        for each in (page, phone):
            site.sign_in(each, "see")
            each.goto(f"{site.url}/trading/told")
            refused = each.get_by_role("region", name="Refusals by reason")
            expect(refused.get_by_role("row").filter(has_text="killed")).to_contain_text(
                "The kill switch was on."
            )
            limits = each.get_by_role("region", name="Limits and what is used of them")
            expect(limits.get_by_role("meter").first).to_be_visible()
            expect(limits).to_contain_text("%")
            no_serious_fault(each)
            fits(each)
        page.get_by_label("State").select_option("declined")
        page.get_by_role("button", name="Filter").click()
        orders = page.get_by_role("region", name="Orders of told")
        expect(orders.locator("tbody tr")).to_have_count(2)
        page.go_back()
        page.get_by_role("link", name=comment).first.click()
        expect(page.get_by_role("link", name="Follow it down to the raw bytes")).to_be_visible()


def test_the_waterfall_of_the_demos_day_sums(site: Site, page: Page) -> None:
    site.sign_in(page, "see")
    page.goto(f"{site.url}/trading")
    page.get_by_role("link", name="SYNEUR, 2024-01-17").click()
    expect(page.get_by_text("sums to the cent")).to_be_visible()
    rows = [
        row.locator("th, td").all_inner_texts()
        for row in page.locator("table").first.locator("tbody tr").all()
    ]
    steps = sum(_money(row[1]) for row in rows)
    assert _money(rows[0][2]) + steps == _money(rows[-1][2])
    assert steps != 0, "a day of the demo has slippage"


def _money(said: str) -> Decimal:
    return Decimal(re.sub(r"[^0-9.−-]", "", said).replace("−", "-") or 0)
