"""All services side by side, as `ticklake stack up` starts them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack.offer import unknown_to
from stack.overview import GIB, standings
from stack.process import marked
from stack.services.registry import SERVICES, with_needs
from stack.site import Site
from ticklake_assets_tests.stack.listening import addresses_of
from ticklake_assets_tests.stack.scripted import running

MOST_GIB = 6.0


@pytest.mark.stack
@pytest.mark.timeout(1500)
def test_they_keep_within_their_memory_and_on_this_machine(tmp_path: Path) -> None:
    site, services = Site.open(tmp_path / "home" / "stack"), with_needs([])
    with running(site, *services):
        found = standings(site, services)
        print(*(f"{standing.service.name} {standing.memory / GIB:.2f} GiB" for standing in found), sep="\n")
        assert [standing.word for standing in found] == ["healthy"] * len(services)
        assert all(standing.memory for standing in found)
        assert sum(standing.memory for standing in found) / GIB < MOST_GIB
        pids = [pid for service in services for pid in marked(site.mark_of(service.name))]
        assert addresses_of(pids) == {"0100007F"}
        assert unknown_to(site, SERVICES["dagster-daemon"]) == []
    assert not [pid for service in services for pid in marked(site.mark_of(service.name))]
