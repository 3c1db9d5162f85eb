"""What the tests in a browser share: the demo's home with all services over it, and pages that are watched.

`make test-browser` runs them. TICKLAKE_BROWSER_HOME, a home that `ticklake demo` made, is copied where it is set.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from ticklake_assets_tests.conftest import REPOSITORY
from ticklake_assets_tests.serving.pipeline.browser.demo_home import demo_home
from ticklake_assets_tests.serving.pipeline.browser.site import Site, running_site
from ticklake_assets_tests.serving.pipeline.browser.watched import Faults, opened, picture

_HAS_FAILED = pytest.StashKey[bool]()

Open = Callable[..., Page]
"""Opens one more page, like `open_page(phone=True)` or `open_page(dark=True)`: another person's browser."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever lies here needs a browser, and minutes for what it runs in it."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(900))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[_HAS_FAILED] = item.stash.get(_HAS_FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium: nothing is downloaded."""
    found = subprocess.run(
        [REPOSITORY / "stack/setup/chromium.sh"], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found.stdout.strip())
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """All services over the demo's data. Tests share them: each looks for its own traces, not for none of others."""
    folder = tmp_path_factory.mktemp("site")
    with running_site(demo_home(folder / "home"), folder / "logs") as site:
        yield site


@pytest.fixture
def faults() -> Faults:
    """What the browser complains of; `faults.allow("status of 403")` where a test means it."""
    return Faults()


@pytest.fixture
def open_page(browser: Browser, site: Site, faults: Faults, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens pages, each of a browser of its own; fails for complaints, and leaves pictures of what failed."""
    pages: list[Page] = []
    with ExitStack() as contexts:

        def open_one(*, phone: bool = False, dark: bool = False) -> Page:
            host = urlsplit(site.url).netloc
            pages.append(contexts.enter_context(opened(browser, host, faults, phone=phone, dark=dark)))
            return pages[-1]

        yield open_one
        if request.node.stash.get(_HAS_FAILED, False) or faults.unexpected:
            folder = REPOSITORY / ".pytest_cache" / "browser"
            folder.mkdir(parents=True, exist_ok=True)
            for number, each in enumerate(pages):
                print("picture:", picture(each, folder, f"{request.node.name}-{number}"))
    assert faults.unexpected == []


@pytest.fixture
def page(open_page: Open) -> Page:
    return open_page()


@pytest.fixture
def phone(open_page: Open) -> Page:
    return open_page(phone=True)


@pytest.fixture
def dark(open_page: Open) -> Page:
    return open_page(dark=True)
