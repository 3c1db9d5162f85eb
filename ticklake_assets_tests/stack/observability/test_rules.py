"""Rules and configurations, judged by the programs that will read them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from serving.endpoint.access.tokens import TokenFile
from stack.observability.targets import announce
from stack.services import alertmanager, prometheus
from stack.services.alertmanager import Alertmanager
from stack.services.endpoint import EndpointService
from stack.services.prometheus import RULES, Prometheus
from stack.services.seaweedfs import SeaweedFS
from stack.site import Site
from ticklake_assets_tests.stack.observability.programs import of_alertmanager, of_prometheus, told_by
from ticklake_assets_tests.stack.scripted import new_site

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "stack-alerts.md"
ROOMS = ("endpoint", "pipeline", "services")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return new_site(tmp_path)


def alerts(room: str) -> list[str]:
    rules = yaml.safe_load((RULES / f"{room}.yml").read_text())
    return [rule["alert"] for group in rules["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("room", ROOMS)
def test_alerts_fire_when_they_must_and_not_when_not(room: str) -> None:
    promtool = of_prometheus("promtool")
    assert "SUCCESS" in told_by([promtool, "check", "rules", RULES / f"{room}.yml"])
    assert "SUCCESS" in told_by([promtool, "test", "rules", f"{room}_rules.yml"], HERE)


@pytest.mark.parametrize("room", ROOMS)
def test_each_alert_is_seen_firing_and_silent(room: str) -> None:
    said = yaml.safe_load((HERE / f"{room}_rules.yml").read_text())
    tried = [each for test in said["tests"] for each in test["alert_rule_test"]]
    for name in alerts(room):
        assert {bool(each["exp_alerts"]) for each in tried if each["alertname"] == name} == {True, False}, (
            name
        )


def test_all_rules_are_tried() -> None:
    assert sorted(file.stem for file in RULES.iterdir()) == sorted(ROOMS)


def test_the_page_says_of_each_alert_what_to_do() -> None:
    told = re.findall(r"^\| `([A-Z]\w+)` \|", PAGE.read_text(), re.MULTILINE)
    assert told == [name for room in ROOMS for name in alerts(room)]


def test_prometheus_takes_its_configuration(site: Site) -> None:
    for service in (EndpointService(), SeaweedFS(), Prometheus()):
        announce(site, service)
    Prometheus().configure(site)
    file = prometheus.configuration(site)
    told = told_by([of_prometheus("promtool"), "check", "config", file])
    assert all(f"{RULES}/{room}.yml" in told for room in ROOMS)
    token = prometheus.endpoint_token(site)
    assert token.read_text().strip() not in file.read_text(), "it names the token's file alone"
    assert token.stat().st_mode & 0o077 == 0
    (known,) = TokenFile(site.home / "keys").tokens()
    assert (known.name, known.scopes) == ("prometheus", ("read",))


def test_a_token_whose_file_is_lost_gets_a_new_secret(site: Site) -> None:
    first = prometheus.endpoint_token(site)
    before = first.read_text()
    assert prometheus.endpoint_token(site).read_text() == before
    first.unlink()
    assert prometheus.endpoint_token(site).read_text() != before
    assert len(TokenFile(site.home / "keys").tokens()) == 1


def test_alertmanager_takes_its_configuration(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for webhook, count in (("", 1), ('https://chat.example/hook?x="y"', 2)):
        monkeypatch.setenv("TICKLAKE_ALERT_WEBHOOK", webhook)
        Alertmanager().configure(site)
        file = alertmanager.configuration(site)
        assert file.stat().st_mode & 0o777 == 0o600, "a webhook's address is often its password"
        (receiver,) = yaml.safe_load(file.read_text())["receivers"]
        assert [each["url"] for each in receiver["webhook_configs"]][1:] == [webhook][: count - 1]
        amtool = of_alertmanager("amtool")
        messages = amtool.parents[2] / alertmanager.MESSAGES.removeprefix("/")
        assert "SUCCESS" in told_by([amtool, "check-config", file], messages if messages.exists() else None)
