"""Picture every page, light, dark and on a phone, into docs/pages: make screenshots

ARGS="overview data" takes these pages alone. TICKLAKE_BROWSER_HOME, a demo's home, saves making one.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from serving.pipeline.access.tickets import new_ticket_link
from ticklake_assets.settings import Settings
from ticklake_assets_tests.conftest import REPOSITORY
from ticklake_assets_tests.serving.pipeline.browser.demo_home import demo_home
from ticklake_assets_tests.serving.pipeline.browser.places import PLACES, WITHIN, settle
from ticklake_assets_tests.serving.pipeline.browser.site import Site, running_site
from ticklake_assets_tests.serving.pipeline.browser.watched import Faults, opened

FOLDER = REPOSITORY / "docs" / "pages"
MOST_BYTES = 120_000
_COLOURS = 128
_PICTURED = PLACES | WITHIN
_KINDS = {"light": {}, "dark": {"dark": True}, "phone": {"phone": True}}


def picture_all(names: list[str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    chromium = subprocess.run(
        [REPOSITORY / "stack/setup/chromium.sh"], check=True, capture_output=True, text=True
    ).stdout.strip()
    with (
        tempfile.TemporaryDirectory(prefix="ticklake-screenshots-") as place,
        running_site(demo_home(Path(place, "home")), Path(place, "logs")) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium)
        for kind, how in _KINDS.items():
            _picture(browser, site, names, kind, **how)
        browser.close()


def _picture(browser: Browser, site: Site, names: list[str], kind: str, **how: bool) -> None:
    with opened(browser, site.url.removeprefix("http://"), Faults(), **how) as page:
        page.goto(new_ticket_link(Settings(home=site.home, pages_url=site.url)))
        for name in names:
            file = FOLDER / f"{name}-{kind}.png"
            page.goto(site.url + _PICTURED[name])
            settle(page)
            page.screenshot(path=file)
            print(f"{file.relative_to(REPOSITORY)}  {_shrink(file):,} bytes")


def _shrink(file: Path) -> int:
    """Fewer colours, as many as the limit leaves; returns its bytes."""
    with Image.open(file) as whole:
        picture = whole.convert("RGB")
    for colours in (_COLOURS, _COLOURS // 2, _COLOURS // 4):
        small = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
        if small.tell() <= MOST_BYTES:
            break
    file.write_bytes(small.getvalue())
    return small.tell()


if __name__ == "__main__":
    picture_all(sys.argv[1:] or list(_PICTURED))
