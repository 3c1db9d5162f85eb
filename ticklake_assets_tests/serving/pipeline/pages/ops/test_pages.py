from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from serving.pipeline.app import create_app
from serving.pipeline.pages.ops.sql import Found, figures
from ticklake_assets.settings import Settings
from ticklake_assets_tests.research.homes import synthetic_lake
from ticklake_assets_tests.serving.pipeline.conftest import SignIn


@pytest.fixture(scope="module")
def lake_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("ops-pages") / "home"
    synthetic_lake(home).close()
    return home


@pytest.fixture
def settings(lake_home: Path) -> Settings:
    nowhere = "http://127.0.0.1:9"
    return Settings(home=lake_home, dagster_ui_url=nowhere, endpoint_url=nowhere, prometheus_url=nowhere)


@pytest.fixture
def app(settings: Settings) -> Iterator[FastAPI]:
    made = create_app(settings)
    yield made
    made.state.access.close()


def test_each_service_answers_or_says_why_not(signed_in: SignIn) -> None:
    text = signed_in().get("/ops/services").text
    rows = {row.split("</th>")[0]: row for row in text.split('<th scope="row">')[1:]}
    assert "gold has bars, features, labels" in rows["Catalog"]
    for name in ("Dagster", "Endpoint", "Prometheus"):
        assert "does not answer" in rows[name], name
    for name in ("Lake", "Catalog", "SQL", "Replicator"):
        assert ">answers<" in rows[name], name


def test_the_other_panels_stay(signed_in: SignIn) -> None:
    client = signed_in()
    page = client.get("/ops").text
    for said in ("feature kernel", "GB free", "Last actions"):
        assert said in page
    assert "Start it with <code>ticklake dev</code>" in client.get("/ops/automation").text
    queues = client.get("/ops/queues").text
    assert "embedded" in queues
    assert "Prometheus at" in queues
    assert "No served day was proven yet" in client.get("/ops/parity").text


def test_a_query_of_the_library_as_a_table_a_chart_and_a_file(signed_in: SignIn) -> None:
    client = signed_in("research")
    text = client.get("/ops/sql/answer?query=spreads_by_hour&symbol=SYNEUR").text
    assert "24 rows" in text or "rows</span>" in text
    file = client.get("/ops/sql/file?form=parquet&statement=SELECT+count(*)+AS+n+FROM+gold.bars")
    assert file.headers["content-type"] == "application/vnd.apache.parquet"
    assert file.content[:4] == b"PAR1"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("COPY (SELECT 1) TO 'x.csv'", "Only what reads is run"),
        ("SELECT * FROM read_csv('/etc/passwd')", "disabled by configuration"),
        ("SELECT 1; SELECT 2", "more than one"),
    ],
)
def test_a_statement_that_does_more_than_read_gold_is_refused(
    signed_in: SignIn, statement: str, said: str
) -> None:
    answer = signed_in("research").get("/ops/sql/answer", params={"statement": statement})
    assert said in answer.text


@pytest.mark.parametrize(
    "asked", [{"statement": "--help"}, {"statement": "  "}, {"query": "../../etc/passwd"}]
)
def test_what_is_no_question_is_told_without_a_command(signed_in: SignIn, asked: dict[str, str]) -> None:
    assert "Expected a" in signed_in("research").get("/ops/sql/answer", params=asked).text


def test_asking_gold_is_a_researchers(signed_in: SignIn) -> None:
    for path in (
        "/ops/sql",
        "/ops/sql/answer?statement=SELECT+1",
        "/ops/sql/file?form=csv&statement=SELECT+1",
    ):
        assert signed_in("deploy", "trade").get(path).status_code == 403


def test_numbers_of_an_answer_can_be_drawn() -> None:
    found = Found(("day", "n", "x"), (("a", 2, 1.5), ("b", 1, None)), is_cut=False)
    assert found.numeric == ("n", "x")
    drawn = figures(found, "n", "x")
    assert drawn is not None
    assert drawn["columns"] == [[2], [1.5]]
    assert figures(found, "day", "x") is None
