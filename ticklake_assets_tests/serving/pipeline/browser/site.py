"""All that a person's browser meets: Dagster with its daemon, the endpoint, and the pages, each a real process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex

from playwright.sync_api import Page

from serving.pipeline.access.people import People
from serving.pipeline.access.roles import ROLES, Role
from ticklake_assets.instance.processes import running
from ticklake_assets.loopback import free_port, is_listening
from ticklake_assets_tests.serving.pipeline.browser.demo_home import environment_of


@dataclass(frozen=True)
class Site:
    url: str
    """Of the pages, without a slash at its end."""
    home: Path
    addresses: dict[str, str]
    """Variables that point a process of this home at the site's services."""

    def add_person(self, *roles: Role) -> tuple[str, str]:
        """A new person with these roles; returns name and password."""
        name, password = f"person-{token_hex(4)}", token_hex(12)
        People(self.home / "pages").add(name, password, roles)
        return name, password

    def sign_in(self, page: Page, *roles: Role) -> str:
        """Sign in as a new person with these roles, all of them where none is named; the overview is open then."""
        name, password = self.add_person(*(roles or ROLES))
        self.enter(page, name, password)
        page.wait_for_url(f"{self.url}/")
        return name

    def enter(self, page: Page, name: str, password: str) -> None:
        """Fill the form of the door in, and send it."""
        page.goto(f"{self.url}/enter")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in", exact=True).click()


@contextmanager
def running_site(home: Path, logs: Path) -> Iterator[Site]:
    """The services and the pages over `home` until the block ends."""
    dagster, endpoint, pages = free_port(), free_port(), free_port()
    addresses = {
        "TICKLAKE_DAGSTER_UI_URL": f"http://127.0.0.1:{dagster}",
        "TICKLAKE_ENDPOINT_URL": f"http://127.0.0.1:{endpoint}",
        "TICKLAKE_PAGES_URL": f"http://127.0.0.1:{pages}",
    }
    if (home / "demo" / "endpoint").exists() and not (home / "endpoint").exists():
        addresses["TICKLAKE_ENDPOINT_DIR"] = str(home / "demo" / "endpoint")
    programs = {
        "webserver": (["ticklake_assets.instance.program", "webserver", str(dagster)], dagster),
        "endpoint": (["serving.endpoint", "--port", str(endpoint)], endpoint),
        "pages": (["serving.pipeline", "--port", str(pages)], pages),
        "daemon": (["ticklake_assets.instance.program", "daemon"], None),
    }
    environment = environment_of(home, **addresses)
    with ExitStack() as started:
        for name, (module, port) in programs.items():
            command = [sys.executable, "-m", *module]
            ready = partial(is_listening, port) if port else lambda: True
            started.enter_context(
                running(command, logs / f"{name}.log", ready, environment=environment, timeout_s=120)
            )
        yield Site(f"http://127.0.0.1:{pages}", home, addresses)
