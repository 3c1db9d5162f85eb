"""What each page owes to whoever looks: no mouse is needed, a phone will do, and services may be down."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from ticklake_assets.instance.processes import running
from ticklake_assets.loopback import free_port, is_listening
from ticklake_assets_tests.serving.pipeline.browser.demo_home import copied, environment_of
from ticklake_assets_tests.serving.pipeline.browser.places import PLACES, settle
from ticklake_assets_tests.serving.pipeline.browser.site import Site
from ticklake_assets_tests.serving.pipeline.browser.watched import Faults, fits, no_serious_fault, opened

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


@pytest.fixture(scope="module")
def lonely(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages over the same data, and none of the services that they ask."""
    folder, port = tmp_path_factory.mktemp("lonely"), free_port()
    home = copied(site.home, folder / "home")
    nobody = f"http://127.0.0.1:{free_port()}"
    addresses = {name: nobody for name in site.addresses if name.endswith("_URL")}
    addresses |= {"TICKLAKE_MLFLOW_URI": nobody, "TICKLAKE_PAGES_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "serving.pipeline", "--port", str(port)]
    with running(
        command,
        folder / "pages.log",
        lambda: is_listening(port),
        environment=environment_of(home, **addresses),
    ):
        yield Site(addresses["TICKLAKE_PAGES_URL"], home, addresses)


@each_page
def test_where_services_are_down_it_says_so_and_the_rest_works(
    lonely: Site, browser: Browser, faults: Faults, path: str
) -> None:
    with opened(browser, urlsplit(lonely.url).netloc, faults) as page:
        lonely.sign_in(page)
        answer = page.goto(lonely.url + path)
        assert answer is not None
        assert answer.status == 200
        settle(page)
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
        assert "Internal Server Error" not in page.content()
        no_serious_fault(page)
    assert faults.unexpected == []
