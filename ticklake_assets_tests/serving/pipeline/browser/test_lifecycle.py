"""A training is launched, watched, cancelled and broken in the browser, by the real Dagster."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from ticklake_assets_tests.serving.pipeline.browser.site import Site
from ticklake_assets_tests.serving.pipeline.browser.watched import Faults

BOARD = "/lifecycle/SYNJPY/2024-01-17"
_RUN_MS = 180_000


def launch(site: Site, page: Page, setting: str, text: str) -> None:
    """Ask for another training, with a setting that differs."""
    page.goto(f"{site.url}{BOARD}/launch?step=model/trained")
    page.get_by_label(setting).fill(text)
    page.get_by_role("button", name="Launch").click()
    page.wait_for_url(f"**{BOARD}")
    expect(page.locator("p.said")).to_contain_text("Asked for model/trained")


def newest_run(page: Page) -> None:
    """Open the run that the last launch began, once the board shows it."""
    under_way = page.locator("#board table").first.locator("tr", has_text="started")
    expect(under_way.first).to_be_visible(timeout=_RUN_MS)
    under_way.first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Run ")).to_be_visible()


def test_a_training_is_launched_and_seen_to_finish(site: Site, page: Page) -> None:
    site.sign_in(page, "research")
    launch(site, page, "seed", "7")
    newest_run(page)
    page.reload()  # in mid-run it shows the same
    expect(page.locator("#run").get_by_text("model/trained of SYNJPY 2024-01-17")).to_be_visible(
        timeout=60_000
    )
    expect(page.locator("#run .chip", has_text="success").first).to_be_visible(timeout=_RUN_MS)
    expect(page.locator("#run table").first).to_contain_text("model/trained")
    page.goto(f"{site.url}{BOARD}")
    train = page.locator("ol.board li", has=page.get_by_role("heading", name="Train"))
    expect(train.get_by_text("done")).to_be_visible(timeout=_RUN_MS)


def test_a_wrong_number_is_told_at_its_field(site: Site, page: Page, faults: Faults) -> None:
    faults.allow("status of 422")
    site.sign_in(page, "research")
    page.goto(f"{site.url}{BOARD}/launch?step=model/trained")
    page.get_by_label("trials").fill("many")
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_role("alert")).to_contain_text("Expected a whole number, was 'many'")
    expect(page.get_by_label("trials")).to_have_value("many")


def test_a_run_that_fails_says_what_was_wrong(site: Site, page: Page) -> None:
    site.sign_in(page, "research")
    launch(site, page, "trials", "0")
    failed = page.locator("#board table").first.locator("tr", has_text="failure")
    expect(failed.first).to_be_visible(timeout=_RUN_MS)
    failed.first.get_by_role("link").click()
    said = page.locator("#run").get_by_role("alert")
    expect(said).to_contain_text("Expected", timeout=60_000)
    assert "Traceback" not in said.inner_text()


def test_a_run_is_cancelled(site: Site, page: Page) -> None:
    site.sign_in(page, "research")
    launch(site, page, "trials", "400")
    newest_run(page)
    page.get_by_role("button", name="Cancel this run").click()
    expect(page.locator("p.said")).to_contain_text("asked to end")
    expect(page.locator("#run .chip", has_text="canceled").first).to_be_visible(timeout=_RUN_MS)


def test_a_walk_is_planned_before_anything_runs(site: Site, page: Page) -> None:
    site.sign_in(page, "research")
    page.goto(f"{site.url}/lifecycle/SYNEUR/walk?from=2024-01-13&to=2024-01-17&every=2")
    expect(page.get_by_role("heading", name="3 folds, rolling")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("img", name="3 folds from 2024-01-01 to 2024-01-16")).to_be_visible()
    expect(page.get_by_role("button", name="Run it")).to_be_visible()
    expect(page.locator("table.figures tbody tr")).to_have_count(3)
