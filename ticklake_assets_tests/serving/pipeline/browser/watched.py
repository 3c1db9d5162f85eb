"""Pages of a browser whose complaints are faults: of scripts, of the content policy, of loads from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
_PATIENCE_MS = 30_000
"""A machine that does other things, too, is slow; how quick a page is, its own tests say."""
GRAVE = {"serious", "critical"}
_WIDEST = """[...document.querySelectorAll("body *")]
    .filter(each => each.getBoundingClientRect().right > screen.width && !each.closest(".scroll"))
    .slice(0, 5).map(each => each.outerHTML.slice(0, 120)).join("; ")"""
"""The first elements that reach beyond the screen."""


@dataclass
class Faults:
    """What the browser complained of; a test that means to be refused allows what is logged of it."""

    found: list[str] = field(default_factory=list)
    _allowed: list[str] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Like `status of 403`, where the test asks for it."""
        self._allowed.append(pattern)

    @property
    def unexpected(self) -> list[str]:
        return [each for each in self.found if not any(re.search(known, each) for known in self._allowed)]


@contextmanager
def opened(
    browser: Browser, host: str, faults: Faults, *, phone: bool = False, dark: bool = False
) -> Iterator[Page]:
    """A page of a browser of its own, with no cookies; its person lives in Berlin."""
    size = PHONE if phone else DESK
    options: dict[str, Any] = {"has_touch": True, "is_mobile": True} if phone else {}
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]  # plain dictionaries of these two keys
        color_scheme="dark" if dark else "light",
        timezone_id="Europe/Berlin",
        locale="en-GB",
        reduced_motion="reduce",
        **options,
    )
    context.set_default_timeout(_PATIENCE_MS)
    page = context.new_page()
    page.on("console", lambda said: _note(said, faults))
    page.on("pageerror", lambda error: faults.found.append(f"script: {error}"))
    page.on("request", lambda asked: _expect_own(asked.url, host, faults))
    try:
        yield page
    finally:
        context.close()


def _note(said: ConsoleMessage, faults: Faults) -> None:
    if said.type == "error":
        faults.found.append(f"{said.text} ({said.location['url']})")


def _expect_own(url: str, host: str, faults: Faults) -> None:
    if urlsplit(url).netloc not in (host, "") and not url.startswith(("data:", "blob:")):
        faults.found.append(f"loads from elsewhere: {url}")


def no_serious_fault(page: Page) -> None:
    """Fail with what axe-core finds that keeps somebody out: rule, why, and where."""
    found = Axe().run(page).response["violations"]
    grave = [
        f"{each['id']} ({each['impact']}): {each['help']}: "
        + "; ".join(node["html"][:200] for node in each["nodes"][:3])
        for each in found
        if each["impact"] in GRAVE
    ]
    assert not grave, "\n".join([page.url, *grave])


def fits(page: Page) -> None:
    """Fail where a page is wider than its screen: a person would have to scroll it sideways, or read it small.

    The screen is the one asked for: on a phone `window.innerWidth` grows with what overflows.
    """
    assert page.viewport_size is not None
    wide = page.evaluate("document.documentElement.scrollWidth") - page.viewport_size["width"]
    assert wide <= 0, f"{page.url} is {wide} px wider than the screen: {page.evaluate(_WIDEST)}"


def picture(page: Page, folder: Path, name: str) -> Path:
    """A screenshot of what a failed test saw last."""
    file = folder / f"{re.sub('[^A-Za-z0-9_.-]+', '-', name)}.png"
    page.screenshot(path=file)
    return file
