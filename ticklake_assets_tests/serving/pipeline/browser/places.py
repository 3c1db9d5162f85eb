"""Every page over the demo's data."""

from __future__ import annotations

from playwright.sync_api import Page, expect

PLACES = {
    "overview": "/",
    "data": "/data/SYNEUR",
    "day": "/data/SYNEUR/2024-01-17",
    "lifecycle": "/lifecycle/SYNEUR",
    "models": "/models/SYNEUR",
    "live": "/live/SYNEUR",
    "trading": "/trading",
    "why": "/why",
    "ops": "/ops",
}
_DRAWN_MS = 500
"""For what scripts draw of what has come."""


def settle(page: Page) -> None:
    """Wait until nothing is on its way: parts that come later, and what is drawn of them. A stream may stay silent."""
    expect(page.locator("[hx-get] > .waiting")).to_have_count(0, timeout=30_000)
    page.wait_for_timeout(_DRAWN_MS)
