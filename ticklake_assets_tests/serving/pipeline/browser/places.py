"""Every page over the demo's data: those of the menu, and those that they lead to."""

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
WITHIN = {
    "ticks": "/data/SYNEUR/ticks?start=2024-01-17T00:00:00Z&end=2024-01-17T23:59:59.999Z",
    "launch": "/lifecycle/SYNEUR/2024-01-17/launch?step=fold",
    "walk": "/lifecycle/SYNEUR/walk",
    "version": "/models/SYNEUR/champion",
    "plots": "/models/SYNEUR/champion/plots",
    "trades": "/models/SYNEUR/champion/trades",
    "compare": "/models/SYNEUR/compare?a=1&b=2",
    "promote": "/models/SYNEUR/champion/promote",
    "trials": "/models/SYNEUR/trials",
    "bridge": "/trading/demo",
    "attribution": "/trading/attribution/SYNEUR/2024-01-17",
    "sql": "/ops/sql",
    "audit": "/audit",
}
"""Pages that those lead to."""
_DRAWN_MS = 500
"""For what scripts draw of what has come."""


def settle(page: Page) -> None:
    """Wait until nothing is on its way: parts that come later, and what is drawn of them. A stream may stay silent."""
    expect(page.locator("[hx-get] > .waiting")).to_have_count(0, timeout=30_000)
    expect(page.locator("#told", has_text="Reading")).to_have_count(0, timeout=30_000)
    page.wait_for_timeout(_DRAWN_MS)
