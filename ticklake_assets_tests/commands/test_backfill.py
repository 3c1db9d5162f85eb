from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from typer.testing import CliRunner, Result

from ticklake_assets.cli import app
from ticklake_assets.commands.backfill import TO_GOLD
from ticklake_assets.definitions import defs
from ticklake_assets.instance.backfills import await_backfill, request_backfill
from ticklake_assets.instance.home import daemon, is_daemon_alive, open_instance
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets_tests.defs.homes import Home, days_from, materializations, ticks_of
from ticklake_assets_tests.defs.raw.arrivals import environment_of

TODAY = datetime.now(UTC).date()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["EURUSD", "2024-01-02", "2024-01-01"], "was 2024-01-02 to 2024-01-01"),
        (["EURUSD", "2024-01-01", str(TODAY)], f"was 2024-01-01 to {TODAY}"),
        (
            ["EURUSD", str(TODAY + timedelta(days=1)), str(TODAY + timedelta(days=2))],
            "Expected complete past days",
        ),
        (["EURUSD", "2009-12-31", "2010-01-02"], "was 2009-12-31 to 2010-01-02"),
        (["EURUSX", "2024-01-01", "2024-01-02"], "Symbol 'EURUSX' has no metadata"),
        (["eurusd", "2024-01-01", "2024-01-02"], "Expected one of AUDUSD, BTCUSD"),
    ],
    ids=["turned around", "today", "future", "before the calendar", "unknown symbol", "small letters"],
)
def test_days_that_cannot_be_are_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.setenv("TICKLAKE_HOME", str(tmp_path / "home"))
    answer = CliRunner().invoke(app, ["backfill", *arguments])
    assert answer.exit_code == 1
    assert said in answer.stderr
    assert answer.stderr.startswith("ticklake: ")
    assert answer.stderr.count("\n") == 1
    assert answer.stdout == ""
    assert not (tmp_path / "home").exists(), "refused before anything was made"


def test_a_day_that_is_no_date_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKLAKE_HOME", str(tmp_path / "home"))
    answer = CliRunner().invoke(app, ["backfill", "EURUSD", "2024-02-30", "2024-03-01"])
    assert answer.exit_code == 2
    assert "2024-02-30" in answer.stderr


def backfill(home: Home, *arguments: str) -> Result:
    with environment_of(home.settings.home):
        return CliRunner().invoke(app, ["backfill", *arguments])


def gold_of(home: Home) -> dict[str, int]:
    """How often each day's gold was made; nothing may be left running behind the command."""
    with environment_of(home.settings.home), open_instance(home.settings) as instance:
        assert not is_daemon_alive(instance)
        assert not instance.get_runs_count(dg.RunsFilter(statuses=list(NOT_FINISHED_STATUSES)))
        return dict(materializations(instance))


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_days_go_from_the_source_to_gold_by_a_daemon_that_ends_with_the_command(tmp_path: Path) -> None:
    home = Home(tmp_path)
    days = days_from("SYNEUR", "2024-01-01", 3)
    for attempt in (1, 2):  # the second at once: the first one's daemon is not taken for alive
        answer = backfill(home, "SYNEUR", "2024-01-01", "2024-01-03")
        assert answer.exit_code == 0, answer.output
        assert re.search(r"Backfill \w+: SYNEUR 2024-01-01 to 2024-01-03, 3 days of 7 assets", answer.output)
        assert "Started a Dagster daemon for it." in answer.output
        assert gold_of(home) == {day.key: attempt for day in days}
    assert home.state().done.keys() == set(days)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_a_day_that_the_source_lacks_is_named_and_the_others_reach_gold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, days = Home(tmp_path / "home"), days_from("EURUSD", "2024-01-15", 5)
    for day in (*days[:2], *days[3:]):
        publish_day(tmp_path / "source", day, ticks_of(day))
    monkeypatch.setenv("TICKLAKE_SOURCE", "folder")
    monkeypatch.setenv("TICKLAKE_SOURCE_DIR", str(tmp_path / "source"))
    answer = backfill(home, "EURUSD", "2024-01-15", "2024-01-19")
    assert answer.exit_code == 1
    assert f"1 of 5 partitions failed at landing, first {days[2]}: {days[2]} is missing" in answer.output
    assert gold_of(home) == {day.key: 1 for day in (*days[:2], *days[3:])}


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_the_callers_source_is_taken_whatever_the_running_daemons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, (day,) = Home(tmp_path / "home"), days_from("EURUSD", "2024-01-15", 1)
    publish_day(tmp_path / "source", day, ticks_of(day))
    monkeypatch.setenv("TICKLAKE_SOURCE_URL", "http://127.0.0.1:9")  # the daemon's Dukascopy: nobody is there
    settings = home.settings
    with (
        environment_of(home.settings.home),
        open_instance(settings) as instance,
        daemon(instance, settings.dagster_home),
    ):
        monkeypatch.setenv("TICKLAKE_SOURCE", "folder")
        monkeypatch.setenv("TICKLAKE_SOURCE_DIR", str(tmp_path / "source"))
        answer = CliRunner().invoke(app, ["backfill", "EURUSD", "2024-01-15", "2024-01-15"])
    assert "A Dagster daemon is running." in answer.output
    assert answer.exit_code == 0, answer.output
    assert home.state().done.keys() == {day}


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_two_symbols_are_backfilled_as_a_person_does_it_in_the_ui(tmp_path: Path) -> None:
    home = Home(tmp_path)
    days = days_from("SYNEUR", "2024-01-01", 2) + days_from("SYNJPY", "2024-01-02", 2)
    with environment_of(home.settings.home), open_instance(home.settings) as instance:
        definitions = defs()
        assets = sorted(TO_GOLD.resolve(definitions.resolve_asset_graph()))
        backfill_id = request_backfill(instance, definitions, assets, days, "two symbols")
        with daemon(instance, home.settings.dagster_home):
            assert await_backfill(instance, backfill_id, lambda *_: None)
        assert instance.get_runs_count(dg.RunsFilter(tags={"dagster/backfill": backfill_id})) == 2
    assert gold_of(home) == {day.key: 1 for day in days}


@pytest.mark.slow
@pytest.mark.timeout(5_400)
def test_a_year_of_a_symbol_is_at_most_thirteen_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, days = Home(tmp_path / "home"), days_from("EURUSD", "2023-01-01", 365)
    for day in days:
        publish_day(tmp_path / "source", day, ticks_of(day))
    monkeypatch.setenv("TICKLAKE_SOURCE", "folder")
    monkeypatch.setenv("TICKLAKE_SOURCE_DIR", str(tmp_path / "source"))
    answer = backfill(home, "EURUSD", "2023-01-01", "2023-12-31")
    assert answer.exit_code == 0, answer.output
    assert gold_of(home) == {day.key: 1 for day in days}
    with environment_of(home.settings.home), open_instance(home.settings) as instance:
        assert instance.get_runs_count() <= 13
