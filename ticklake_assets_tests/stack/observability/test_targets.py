from __future__ import annotations

import json
from pathlib import Path

from stack import supervisor
from stack.observability.targets import targets_folder
from ticklake_assets_tests.stack.scripted import Scripted, bring_up, kill, new_site


def test_what_is_up_or_has_died_is_a_target_and_what_was_brought_down_is_none(tmp_path: Path) -> None:
    site, measured, other = new_site(tmp_path), Scripted("measured"), Scripted("other")
    measured.metrics_port = "measured"
    bring_up(site, measured, other)
    file = targets_folder(site) / "measured.json"
    assert [each.name for each in targets_folder(site).iterdir()] == ["measured.json"]
    assert json.loads(file.read_text()) == [{"targets": [f"127.0.0.1:{site.port('measured')}"]}]
    kill(site, measured)
    assert file.exists()
    supervisor.down(site, [measured, other])
    assert not file.exists()


def test_one_that_never_was_healthy_is_no_target(tmp_path: Path) -> None:
    site, fails = new_site(tmp_path), Scripted("fails", code="raise SystemExit(1)")
    fails.metrics_port = "fails"
    bring_up(site, fails)
    assert not (targets_folder(site) / "fails.json").exists()
