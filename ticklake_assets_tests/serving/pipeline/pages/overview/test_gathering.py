"""The overview of a home over a Dagster that answers, and over one that does not."""

from __future__ import annotations

from pathlib import Path

from mt5_bridge.running.kill_switch import switch_on
from serving.pipeline.pages.overview.attention import needs
from serving.pipeline.pages.overview.gathering import Overview
from serving.pipeline.sources.all import Sources
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.pipeline.pages.lifecycle.answers import FAILED, answering, answers


def test_a_run_that_failed_is_told_with_its_page(settings: Settings) -> None:
    with answering(answers()) as (url, asked):
        known = Overview(Sources(settings.model_copy(update={"dagster_ui_url": url}))).known()
    found = [each for each in needs(known) if each.path.startswith("/lifecycle")]
    assert [(each.sentence, each.path) for each in found] == [
        ("A run of model/trained SYNEUR 2024-01-17 failed.", f"/lifecycle/runs/{FAILED['runId']}")
    ]
    assert asked[0]["variables"]["filter"]["statuses"] == ["FAILURE", "SUCCESS"]


def test_a_dagster_that_is_away_is_told_and_trades_nothing(settings: Settings) -> None:
    known = Overview(Sources(settings.model_copy(update={"dagster_ui_url": "http://127.0.0.1:9"}))).known()
    (told,) = (each for each in needs(known) if each.sentence.startswith("Dagster at http://127.0.0.1:9"))
    assert "`ticklake dev`" in told.sentence
    assert not told.grave


def test_a_bridge_that_cannot_be_read_is_told(settings: Settings) -> None:
    (settings.home / "bridge").mkdir(parents=True)
    (settings.home / "bridge" / "status.json").write_text('{"mode": ')
    (told,) = (
        each for each in needs(Overview(Sources(settings)).known()) if each.path.startswith("/trading/")
    )
    assert "cannot be read" in told.sentence
    assert told.grave


def test_a_bridge_whose_journal_is_broken_is_told_with_what_is_known(settings: Settings) -> None:
    """Its money today is not known then, which is not the same as none."""
    folder = settings.home / "bridge"
    folder.mkdir(parents=True)
    (folder / "journal.jsonl").write_text("{not a journal\n")
    (folder / "status.json").write_text("{}")
    switch_on(folder, "news")
    told = [
        each.sentence for each in needs(Overview(Sources(settings)).known()) if each.path == "/trading/bridge"
    ]
    assert any("cannot be read" in each for each in told)
    assert any("is killed: news. What it holds is not known." in each for each in told)


def test_a_bridge_of_the_setting_that_is_none_needs_a_person(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, bridges=str(tmp_path / "gone"))
    [bridge] = Overview(Sources(settings)).known().bridges
    assert bridge.state == "not known"
    assert "gone" in bridge.problem
