from __future__ import annotations

import logging
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from prometheus_client.core import Metric

from ticklake_assets.commands.graph_figures import GraphFigures, days_of, open_sessions
from ticklake_assets.research.coverage import Coverage
from ticklake_assets.settings import Settings


def values(metrics: list[Metric], name: str) -> dict[str, float]:
    """By the labels' values."""
    samples = [sample for metric in metrics for sample in metric.samples if sample.name == name]
    return {" ".join(sample.labels.values()): sample.value for sample in samples}


@pytest.mark.parametrize(
    ("moment", "euro", "bitcoin"),
    [
        ("2024-01-17 12:00", 1, 1),
        ("2024-01-19 21:59", 1, 1),  # Friday, 16:59 in New York
        ("2024-01-19 22:00", 0, 1),
        ("2024-01-21 21:59", 0, 1),  # Sunday
        ("2024-01-21 22:00", 1, 1),
        ("2024-07-21 20:59", 0, 1),  # in summer an hour earlier
        ("2024-07-21 21:00", 1, 1),
        ("2024-12-25 12:00", 0, 1),  # Christmas: silence is no fault
        ("2024-01-01 12:00", 0, 0),  # New Year, at the venue of bitcoin, too
    ],
)
def test_a_venue_is_open_where_its_calendar_expects_quotes(moment: str, euro: int, bitcoin: int) -> None:
    found = values(open_sessions(datetime.fromisoformat(moment).replace(tzinfo=UTC)), "ticklake_session_open")
    assert (found["EURUSD"], found["BTCUSD"]) == (euro, bitcoin)


def test_days_are_those_of_status() -> None:
    coverage = Coverage("EURUSD")
    coverage.layers["raw"] = {date(2024, 1, 15), date(2024, 1, 17)}
    coverage.layers["gold"] = {date(2024, 1, 15)}
    coverage.refused[date(2024, 1, 17)] = "why"
    assert values([days_of([coverage])], "ticklake_days") == {
        "EURUSD landed": 0, "EURUSD raw": 2, "EURUSD parquet": 0, "EURUSD clean": 0, "EURUSD gold": 1,
        "EURUSD gap": 1, "EURUSD refused": 1,
    }  # fmt: skip


def test_a_new_home_has_figures(tmp_path: Path) -> None:
    figures = GraphFigures(Settings(home=tmp_path / "home"))
    stop = threading.Event()
    stop.set()
    figures.count_days(stop)
    found = list(figures.collect())
    assert set(values(found, "ticklake_figures_ok").values()) == {1}
    assert values(found, "ticklake_runs")["SUCCESS"] == 0
    assert values(found, "ticklake_disk_free_bytes")["home"] > 0


def test_a_part_that_cannot_be_read_is_said_and_takes_no_other_along(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unreachable = "postgresql+psycopg2://me:secret@127.0.0.1:1/catalog"
    figures = GraphFigures(Settings(home=tmp_path, catalog_uri=unreachable))
    with caplog.at_level(logging.WARNING):
        found = list(figures.collect())
    well = values(found, "ticklake_figures_ok")
    assert [part for part, is_well in well.items() if not is_well] == ["databases"]
    assert values(found, "ticklake_database_bytes") == {}
    assert values(found, "ticklake_session_open")
    assert "no figures of databases: OperationalError" in caplog.text


def test_no_password_of_an_address_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    figures = GraphFigures(Settings(home=tmp_path))
    figures._counted = ConnectionError("https://me:secret@lake.example is away")
    with caplog.at_level(logging.WARNING):
        list(figures.collect())
    assert "no figures of days: ConnectionError: https://me:***@lake.example is away" in caplog.text


def test_days_that_cannot_be_counted_any_more_are_not_shown(tmp_path: Path) -> None:
    report = tmp_path / "lake" / "models" / "report" / "EURUSD" / "2024-01-15.json"
    report.parent.mkdir(parents=True)
    report.write_text("{")
    figures, stop = GraphFigures(Settings(home=tmp_path)), threading.Event()
    stop.set()
    figures._counted = [Coverage("EURUSD")]
    figures.count_days(stop)
    found = list(figures.collect())
    assert values(found, "ticklake_days") == {}
    assert values(found, "ticklake_figures_ok")["days"] == 0
