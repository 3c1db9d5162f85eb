"""The lifecycle pages as a service: seconds to start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serving.pipeline.living import who_serves
from stack.offer import offer, unknown_to
from stack.process import marked
from stack.services.endpoint import EndpointService
from stack.services.pages import PagesService
from stack.services.prometheus import Prometheus
from stack.site import Site
from stack.supervisor import State
from ticklake_assets.instance.pages import leave_pages
from ticklake_assets.loopback import free_port
from ticklake_assets.settings import Settings
from ticklake_assets_tests.stack.listening import addresses_of
from ticklake_assets_tests.stack.scripted import bring_up, kill, new_site, running

PAGES = PagesService()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """In a home in which a demo has left the pages running."""
    site = new_site(tmp_path_factory.mktemp("pages"))
    left = Settings(home=site.home, pages_url=f"http://127.0.0.1:{free_port()}", pages_idle_s=60)
    variables = {"TICKLAKE_HOME": str(site.home), "TICKLAKE_PAGES_URL": left.pages_url}
    leave_pages(left, {**os.environ, **variables})
    offer(site, EndpointService())
    with running(site, PAGES):
        yield site


def test_it_takes_over_from_what_a_demo_has_left_and_serves_where_commands_look_for_it(site: Site) -> None:
    url, process = PAGES.settings(site)["TICKLAKE_PAGES_URL"], site.process("pages")
    assert httpx.get(f"{url}/healthz", trust_env=False).is_success
    served = who_serves(Settings(home=site.home))
    assert served is not None
    assert process is not None
    assert (served.pid, served.url, served.idle_s) == (process.pid, url, 0)


def test_it_knows_what_was_offered_before_it_started_and_nothing_else(site: Site) -> None:
    """Else `up` would say of it that it goes without."""
    assert unknown_to(site, PAGES) == []
    offer(site, Prometheus())
    assert unknown_to(site, PAGES) == ["TICKLAKE_PROMETHEUS_URL"]


def test_it_listens_on_the_loopback_alone(site: Site) -> None:
    assert addresses_of(marked(site.mark_of("pages"))) == {"0100007F"}


def test_a_killed_one_comes_back(site: Site) -> None:
    before = kill(site, PAGES)
    assert not PAGES.is_healthy(site)
    assert bring_up(site, PAGES)["pages"].state == State.HEALTHY
    assert site.process("pages") != before


def test_one_that_never_started_is_not_healthy(tmp_path: Path) -> None:
    assert not PAGES.is_healthy(new_site(tmp_path))
