"""One service after the other is gone: the pages that ask it say so, and whatever asks others goes on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from ticklake_assets.instance.processes import running
from ticklake_assets.loopback import free_port, is_listening
from ticklake_assets_tests.serving.pipeline.browser.bridges import heard_of
from ticklake_assets_tests.serving.pipeline.browser.demo_home import copied, environment_of
from ticklake_assets_tests.serving.pipeline.browser.places import PLACES, settle
from ticklake_assets_tests.serving.pipeline.browser.site import Site
from ticklake_assets_tests.serving.pipeline.browser.watched import Faults, no_serious_fault, opened

NOBODY = f"http://127.0.0.1:{free_port()}"
_LAKE = {
    "TICKLAKE_LAKE_URL": "s3://nobodys",
    "TICKLAKE_S3_ENDPOINT": NOBODY,
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nobody",
}
_SERVICES = {
    "Dagster": {"TICKLAKE_DAGSTER_UI_URL": NOBODY},
    "MLflow": {"TICKLAKE_MLFLOW_URI": NOBODY},
    "endpoint": {"TICKLAKE_ENDPOINT_URL": NOBODY},
    "lake": _LAKE,
}
DOWN = {
    **_SERVICES,
    "all of them": {name: value for each in _SERVICES.values() for name, value in each.items()},
}
"""What to set so that nobody answers."""
ASKS = {
    "Dagster": {"lifecycle", "ops"},
    "MLflow": {"models", "ops"},
    "endpoint": {"models", "live", "ops"},
    "lake": {"data", "day", "lifecycle", "live", "trading", "ops"},
    "all of them": {"data", "day", "lifecycle", "models", "live", "trading", "ops"},
}
"""Pages that must say so, in words that name the address."""
_WHOLE = {"day", "lifecycle"}
"""Pages of which nothing is left without the lake: their answer is 503, with the menu."""


@pytest.fixture(scope="module")
def home(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same data for pages of another process: a home has one."""
    return copied(site.home, tmp_path_factory.mktemp("lonely") / "home")


@contextmanager
def pages_with(site: Site, home: Path, changed: dict[str, str]) -> Iterator[Site]:
    port = free_port()
    addresses = {**site.addresses, **changed, "TICKLAKE_PAGES_URL": f"http://127.0.0.1:{port}"}
    with running(
        [sys.executable, "-m", "serving.pipeline", "--port", str(port)],
        home / "pages.log",
        partial(is_listening, port),
        environment=environment_of(home, **addresses),
    ):
        yield Site(addresses["TICKLAKE_PAGES_URL"], home, addresses)


@pytest.mark.parametrize("gone", DOWN)
def test_each_page_says_so_and_the_rest_works(
    site: Site, home: Path, browser: Browser, faults: Faults, gone: str
) -> None:
    faults.allow("status of 503")
    with (
        pages_with(site, home, DOWN[gone]) as lonely,
        opened(browser, urlsplit(lonely.url).netloc, faults) as page,
    ):
        lonely.sign_in(page)
        for name, path in PLACES.items():
            answer = page.goto(lonely.url + path)
            assert answer is not None
            lacks_the_lake = name in _WHOLE and DOWN["lake"].items() <= DOWN[gone].items()
            assert answer.status == (503 if lacks_the_lake else 200), name
            settle(page)
            expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            if name in ASKS[gone]:
                expect(page.locator("main")).to_contain_text(NOBODY)
                expect(page.locator(".problem, .note, .chip.bad").first).to_be_visible()
            else:
                expect(page.locator("main .problem")).to_have_count(0)
            no_serious_fault(page)
    assert faults.unexpected == []


def test_a_bridge_that_hangs_is_said_on_trading_and_on_the_overview(site: Site, page: Page) -> None:
    with heard_of(site.home / "bridges" / "hangs", written=datetime.now(UTC) - timedelta(minutes=3)):
        site.sign_in(page)
        expect(page.locator("li", has_text="The bridge hangs (paper)")).to_be_visible(timeout=60_000)
        page.goto(f"{site.url}/trading")
        expect(page.get_by_role("article", name="Bridge hangs")).to_contain_text("not heard of for 3")
        expect(page.get_by_role("article", name="Bridge demo")).to_be_visible()
        no_serious_fault(page)
