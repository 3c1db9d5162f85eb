"""The pages over two days of a real lake, from raw to gold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi import FastAPI

from serving.pipeline.app import create_app
from serving.pipeline.pages.data.calendar import year_of
from ticklake_assets.research.coverage import Coverage
from ticklake_assets.settings import Settings
from ticklake_assets_tests.research.homes import synthetic_lake
from ticklake_assets_tests.serving.pipeline.conftest import SignIn


@pytest.fixture(scope="module")
def lake_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("data-pages") / "home"
    synthetic_lake(home).close()
    return home


@pytest.fixture
def settings(lake_home: Path) -> Settings:
    return Settings(home=lake_home)


@pytest.fixture
def app(settings: Settings) -> Iterator[FastAPI]:
    made = create_app(settings)
    made.state.sources.coverage.value  # noqa: B018 - the first look has ended
    yield made
    made.state.access.close()


def test_the_calendar_says_what_each_day_is(signed_in: SignIn) -> None:
    client = signed_in()
    assert client.get("/data").headers["location"] == "/data/SYNEUR"
    text = client.get("/data/SYNEUR").text
    assert 'aria-label="2024-01-16: in gold"' in text
    assert 'href="/data/SYNEUR/2024-01-17"' in text
    assert "Backfill</button>" not in text
    assert "Backfill</button>" in signed_in("research").get("/data/SYNEUR").text


def test_a_day_with_its_rows_files_and_layers(signed_in: SignIn) -> None:
    text = signed_in().get("/data/SYNEUR/2024-01-16").text
    for said in (
        "none lost",
        "No row broke a rule.",
        "raw/ticks/SYNEUR/2024/01/SYNEUR_2024-01-16.csv",
    ):
        assert said in text, said
    assert text.count(">yes</span>") == 3  # parquet, clean and gold are of the newest revision
    hours = signed_in().get("/data/SYNEUR/2024-01-16/hours").text
    assert "data-figures" in hours


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/data/NOPE", 422, "NOPE"),
        ("/data/SYNEUR/2024-02-30", 422, "day"),
        ("/data/SYNEUR/2024-02-20", 404, "ticklake backfill SYNEUR 2024-02-20 2024-02-20"),
        ("/data/EURUSD", 200, "ticklake backfill EURUSD"),
        ("/data/EURUSD/ticks", 200, "No clean day"),
    ],
)
def test_what_is_not_there_says_the_next_step(signed_in: SignIn, path: str, status: int, said: str) -> None:
    answer = signed_in().get(path)
    assert answer.status_code == status
    assert said in answer.text


def test_quotes_of_a_day_are_few_and_true(signed_in: SignIn) -> None:
    asked = "/api/v1/ticks/SYNEUR?start=2024-01-16T00:00:00Z&end=2024-01-17T00:00:00Z&width=400"
    found = signed_in().get(asked + "&overlays=events,labels,quarantine,trades,signals").json()
    assert found["resolution"] == "quotes"
    assert len(found["columns"][0]) <= 1200 < found["rows"]
    assert found["columns"][0] == sorted(found["columns"][0])
    assert all(bid <= ask for bid, ask in zip(*found["columns"][1:], strict=True))
    assert found["overlays"]["events"]
    assert found["overlays"]["labels"]
    assert (
        found["overlays"]["trades"] == found["overlays"]["signals"] == found["overlays"]["quarantine"] == []
    )


def test_a_year_is_read_by_minutes(signed_in: SignIn) -> None:
    asked = "/api/v1/ticks/SYNEUR?start=2023-06-01T00:00:00Z&end=2024-05-31T00:00:00Z&width=800"
    found = signed_in().get(asked).json()
    assert found["resolution"] == "minutes"
    assert 0 < len(found["columns"][0]) <= 2400


def test_a_single_quote_can_be_seen(signed_in: SignIn) -> None:
    asked = "/api/v1/ticks/SYNEUR?start=2024-01-16T12:00:00Z&end=2024-01-16T12:00:20Z&width=1000"
    found = signed_in().get(asked).json()
    assert len(found["columns"][0]) == found["rows"] > 0


@pytest.mark.parametrize(
    "query",
    [
        "start=2024-01-16&end=2024-01-16",
        "start=2024-01-17&end=2024-01-16",
        "start=2000-01-01&end=2024-01-16",
        "start=x&end=2024-01-16",
        "start=2024-01-16&end=2024-01-17&overlays=secrets",
        "start=2024-01-16&end=2024-01-17&width=1",
    ],
)
def test_a_range_that_is_none_is_told(signed_in: SignIn, query: str) -> None:
    answer = signed_in().get(f"/api/v1/ticks/SYNEUR?{query}")
    assert answer.status_code == 422
    assert "xpected" in answer.json()["error"]


def test_a_backfill_without_a_home_for_it_is_told_by_the_command(app: FastAPI, signed_in: SignIn) -> None:
    client = signed_in("research")
    future = {"first": "2999-01-01", "last": "2999-01-02"}
    answer = client.post("/data/SYNEUR/backfill", data=future)
    assert answer.status_code == 503
    assert "Expected complete past days" in answer.text
    assert next(app.state.access.audit.entries()).outcome == "failed"


def test_gaps_refusals_and_corrections_are_letters_and_words() -> None:
    found = Coverage("EURUSD")
    found.layers["gold"] |= {date(2024, 1, 2), date(2024, 1, 5)}
    found.layers["raw"].add(date(2024, 1, 3))
    found.refused[date(2024, 1, 3)] = "clean: more than 20 % in quarantine"
    found.revised[date(2024, 1, 5)] = 2
    [january] = year_of(found, 2024)
    cells = {cell.day.day: cell for cell in january.days if cell}
    assert [cells[day].mark for day in (2, 3, 4, 5)] == ["G", "X", "-", "G"]
    assert "more than 20 %" in cells[3].words
    assert "revision 2" in cells[5].words
    assert not cells[4].is_held
