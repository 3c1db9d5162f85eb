"""Prometheus, Alertmanager and the exporter at work, with an endpoint of figures: what is up, is shown and told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from stack.http import trusting
from stack.observability.panels import BOARDS
from stack.overview import GIB, standings
from stack.process import marked
from stack.service import MissingProgramError, Service
from stack.services.alertmanager import Alertmanager, own_certificate
from stack.services.exporter import Exporter
from stack.services.postgres import Postgres
from stack.services.prometheus import Prometheus
from stack.services.seaweedfs import SeaweedFS
from stack.site import Site
from ticklake_assets_tests.stack.listening import addresses_of
from ticklake_assets_tests.stack.observability.endpoint_figures import EndpointOfFigures
from ticklake_assets_tests.stack.observability.programs import of_alertmanager, told_by
from ticklake_assets_tests.stack.scripted import new_site, running
from ticklake_assets_tests.webhook import Webhook, webhook

pytestmark = pytest.mark.stack
WATCHING = (Exporter(), Alertmanager(), Prometheus())
SERVICES: tuple[Service, ...] = (SeaweedFS(), Postgres(), EndpointOfFigures(), *WATCHING)
PATIENCE_S = 90.0
"""Some scrapes, and the 15 s in which Alertmanager gathers a group."""
MOST_GIB = 0.5
"""Of those that watch."""


class Watched(NamedTuple):
    site: Site
    people: Webhook
    """Who is told by TICKLAKE_NOTIFY."""
    second: Webhook
    """Where Alertmanager posts to itself."""

    def ask(self, query: str) -> list[dict[str, Any]]:
        answer = httpx.get(
            f"{Prometheus().address(self.site)}/api/v1/query", params={"query": query}, trust_env=False
        )
        assert answer.is_success, f"{query}: {answer.text}"
        result: list[dict[str, Any]] = answer.json()["data"]["result"]
        return result


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    site = new_site(tmp_path_factory.mktemp("watched"))
    site.cache = Site.open(site.folder).cache  # the downloads are the user's
    for service in (Alertmanager(), Prometheus()):
        try:
            service.install(site)
        except MissingProgramError as error:
            pytest.skip(str(error))
    landing = site.home / "landing"
    landed = landing / "ticks" / "BTCUSD" / "2024" / "01" / "BTCUSD_2024-01-15.csv"
    landed.parent.mkdir(parents=True)
    landed.touch()
    with webhook() as people, webhook() as second, pytest.MonkeyPatch.context() as set_:
        set_.setenv("TICKLAKE_NOTIFY", people.url)
        set_.setenv("TICKLAKE_ALERT_WEBHOOK", f"http://127.0.0.1:{second.port}/alerts")
        set_.setenv("TICKLAKE_LANDING", str(landing))
        with running(site, *SERVICES):
            leave_history(site)
            yield Watched(site, people, second)


def leave_history(site: Site) -> None:
    """In a process of its own: it takes the stack's environment."""
    command = [sys.executable, "-m", "ticklake_assets_tests.stack.observability.history"]
    left = subprocess.run(
        command,
        env={**os.environ, "TICKLAKE_HOME": str(site.home)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert left.returncode == 0, left.stderr


def awaited(is_so: Callable[[], object]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(1)
    return True


def test_all_targets_are_up(watched: Watched) -> None:
    jobs = {"alertmanager", "endpoint", "exporter", "prometheus", "seaweedfs"}
    assert awaited(lambda: {each["metric"]["job"] for each in watched.ask("up == 1")} == jobs), watched.ask(
        "up"
    )


def test_a_job_of_failures_is_dagsters_not_the_scrapes(watched: Watched) -> None:
    assert awaited(lambda: watched.ask('ticklake_run_failures_total{job="failing"} == 1'))


def test_its_pages_are_there(watched: Watched) -> None:
    """With their scripts: Debian's program asks for them where Debian would have installed them."""
    with httpx.Client(base_url=Prometheus().address(watched.site), trust_env=False) as client:
        if (page := client.get("/classic/alerts")).status_code == httpx.codes.NOT_FOUND:
            pytest.skip("not Debian's program: its pages are part of it")
        assert "JournalRefuses" in page.text
        scripts = re.findall(r'(?:src|href)="(/classic/static/[^"]+)"', page.text)
        assert len(scripts) > 5
        assert {client.get(script).status_code for script in scripts} == {httpx.codes.OK}


def test_an_alert_is_told_to_people_and_to_the_second_address(watched: Watched) -> None:
    said = "The journals have no room (1MiB left): the endpoint refuses new ticks"
    notice = watched.people.wait_for(1, PATIENCE_S)[0]
    assert (notice["title"], notice["message"]) == ("ticklake: JournalRefuses: endpoint", said)
    (alert,) = watched.second.wait_for(1, PATIENCE_S)[0]["alerts"]
    assert (alert["labels"]["alertname"], alert["status"]) == ("JournalRefuses", "firing")
    assert f"alert JournalRefuses (endpoint): {said}" in watched.site.log_of("exporter").read_text()


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(curve.query, id=f"{board.name} {panel.title} {curve.legend}")
        for board in BOARDS
        for panel in board.panels
        for curve in panel.curves
    ],
)
def test_each_query_of_the_dashboards_has_an_answer(watched: Watched, query: str) -> None:
    asked = query.replace("$symbol", ".*").replace("$__rate_interval", "1m")
    assert awaited(lambda: watched.ask(asked)), asked


def test_they_need_little_and_listen_on_this_machine_alone(watched: Watched) -> None:
    found = standings(watched.site, WATCHING)
    print(*(f"{each.service.name} {each.memory / GIB:.2f} GiB" for each in found), sep="\n")
    assert sum(each.memory for each in found) / GIB < MOST_GIB
    pids = [pid for service in WATCHING for pid in marked(watched.site.mark_of(service.name))]
    assert addresses_of(pids) == {"0100007F"}


def test_alertmanager_lets_in_nobody_without_its_certificate(watched: Watched) -> None:
    """Its API would show the webhook's address, and silence alerts."""
    url = f"{Alertmanager().address(watched.site)}/api/v2/status"
    assert httpx.get(url, trust_env=False, verify=trusting(*own_certificate(watched.site))).is_success
    for refused in (url, url.replace("https", "http")):
        try:
            answer = httpx.get(refused, trust_env=False, verify=False)
        except httpx.TransportError:
            continue
        assert answer.status_code == httpx.codes.BAD_REQUEST


def test_a_silence_is_made_as_the_page_says(watched: Watched) -> None:
    folder, url = watched.site.folder_of("alertmanager"), Alertmanager().address(watched.site)
    amtool = [of_alertmanager("amtool"), "--http.config.file=amtool.yml", f"--alertmanager.url={url}"]
    told_by([*amtool, "silence", "add", "alertname=Drift", "symbol=EURUSD", "--comment=new model"], folder)
    assert "EURUSD" in told_by([*amtool, "silence", "query"], folder)


def test_no_secret_is_in_what_they_say(watched: Watched, tmp_path: Path) -> None:
    secrets = json.loads((watched.site.folder / "stack.json").read_text())["secrets"].values()
    for service in WATCHING:
        log = watched.site.log_of(service.name).read_text()
        assert not [secret for secret in (*secrets, "s3cr3t-pass", "T0K3N") if secret in log]
    configured = httpx.get(f"{Prometheus().address(watched.site)}/api/v1/status/config", trust_env=False).text
    assert "of the owner" not in configured
