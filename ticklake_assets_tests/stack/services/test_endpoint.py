"""The live endpoint as a service: seconds to start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stack.process import marked
from stack.services.endpoint import EndpointService
from stack.site import Site
from stack.supervisor import State
from ticklake_assets_tests.stack.listening import addresses_of
from ticklake_assets_tests.stack.scripted import bring_up, kill, new_site, running

ENDPOINT = EndpointService()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = new_site(tmp_path_factory.mktemp("endpoint"))
    with running(site, ENDPOINT):
        yield site


def test_it_serves_where_commands_look_for_it(site: Site) -> None:
    url = ENDPOINT.settings(site)["TICKLAKE_ENDPOINT_URL"]
    assert httpx.get(f"{url}/healthz", trust_env=False).is_success
    assert (site.home / "endpoint").is_dir(), "its models and journals lie in the home of the stack"


def test_it_listens_on_the_loopback_alone(site: Site) -> None:
    assert addresses_of(marked(site.mark_of("endpoint"))) == {"0100007F"}


def test_a_killed_one_comes_back(site: Site) -> None:
    before = kill(site, ENDPOINT)
    assert not ENDPOINT.is_healthy(site)
    assert bring_up(site, ENDPOINT)["endpoint"].state == State.HEALTHY
    assert site.process("endpoint") != before


def test_one_that_never_started_is_not_healthy(tmp_path: Path) -> None:
    assert not ENDPOINT.is_healthy(new_site(tmp_path))
