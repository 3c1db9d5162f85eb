"""What a person reads where an address, a key or a name of a running stack is wrong: one line."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from stack.services.postgres import Postgres, database_url, session
from stack.services.postgres_roles import password_of
from stack.services.seaweedfs import SeaweedFS, s3_client
from stack.site import Site
from ticklake_assets.cli import app
from ticklake_assets.settings import Settings
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets_tests.defs.homes import Home, days_from, ticks_of
from ticklake_assets_tests.defs.raw.arrivals import environment_of
from ticklake_assets_tests.stack.scripted import running
from ticklake_assets_tests.storage.gold.builders import MONDAY, RUN, make_bars

SQL = ["sql", "SELECT count(*) AS n FROM gold.bars AS b"]
REPLICATE = ["replicate"]
BACKFILL = ["backfill", "--no-wait", "SYNEUR", "2024-01-01", "2024-01-02"]
CATALOG, DAGSTER = "TICKLAKE_CATALOG_URI", "TICKLAKE_DAGSTER_URL"
ENDPOINT, KEY, LAKE = "TICKLAKE_S3_ENDPOINT", "AWS_SECRET_ACCESS_KEY", "TICKLAKE_LAKE_URL"
CLOSED = "postgresql+psycopg2://u:hush@127.0.0.1:9/x"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A stack with a row in gold and a file in landing."""
    site = Site.open(tmp_path_factory.mktemp("wrong") / "stack")
    with running(site, SeaweedFS(), Postgres()):
        with environment_of(site.home):
            home = Home(site.home)
            with home.gold().tables as gold:
                gold.replace("bars", [MONDAY], make_bars(MONDAY, 1), RUN)
            (day,) = days_from("EURUSD", "2024-01-15", 1)
            publish_day(home.settings.landing_dir, day, ticks_of(day))
        yield site


@pytest.mark.parametrize(
    ("words", "variable", "value", "said"),
    [
        (SQL, KEY, "wrong", r"Warehouse s3://lake/warehouse\. Expected credentials that may do this, was"),
        (SQL, ENDPOINT, "http://127.0.0.1:9", rf"Warehouse .*\({ENDPOINT}\)\. Expected an answer, was"),
        (REPLICATE, LAKE, "s3:/lake", r"Lake address\. Expected file:///folder or s3://bucket/prefix"),
        (
            SQL,
            CATALOG,
            "wrong password",
            rf"Iceberg .*\*\*\*@.* \({CATALOG}\)\. .* lets us in, was .*password",
        ),
        (SQL, CATALOG, "no database", rf"Iceberg .*\({CATALOG}\)\. Expected a database .*does not exist"),
        (SQL, CATALOG, CLOSED, rf"Iceberg .*\({CATALOG}\)\. Expected an answer, was .*refused"),
        (
            SQL,
            "TICKLAKE_CATALOG_NAME",
            "sea",
            r"The tables .*\(TICKLAKE_CATALOG_NAME\)\. Expected lake, was sea",
        ),
        (SQL, "TICKLAKE_SQL_URL", "trino://me@127.0.0.1:9/lake", r"Trino does not answer: .*refused"),
        (REPLICATE, KEY, "wrong", r"s3://lake/.* Expected credentials that may do this .*, was refused"),
        (
            REPLICATE,
            LAKE,
            "s3://nowhere",
            r"Expected the bucket 'nowhere' on .*, was no such bucket: create it",
        ),
        (BACKFILL, DAGSTER, "wrong password", rf"Dagster's database .*\*\*\*@.* \({DAGSTER}\)\. .*password"),
        (
            BACKFILL,
            DAGSTER,
            "no database",
            rf"Dagster's .*\({DAGSTER}\)\. Expected a database .*does not exist",
        ),
        (BACKFILL, DAGSTER, CLOSED, rf"Dagster's .*\({DAGSTER}\)\. Expected an answer, was .*refused"),
        (BACKFILL, DAGSTER, "nonsense", rf"{DAGSTER}\. Expected an address like postgresql://user:password"),
    ],
)
def test_it_is_one_line(site: Site, words: list[str], variable: str, value: str, said: str) -> None:
    there = database_url(site, "dagster" if variable == DAGSTER else "iceberg")
    secret = password_of(site, "dagster" if variable == DAGSTER else "iceberg")
    spoilt = {"wrong password": there.replace(secret, "hush"), "no database": f"{there}_of_old"}
    with environment_of(site.home), pytest.MonkeyPatch.context() as variables:
        variables.setenv(
            "TICKLAKE_LANDING", str(Settings().landing_dir)
        )  # a file waits in it, whatever the lake
        variables.setenv(variable, spoilt.get(value, value))
        assert_one_line(words, said)
    assert "nowhere" not in [bucket["Name"] for bucket in s3_client(site).list_buckets()["Buckets"]]


def test_a_catalog_of_an_old_schema_version_is_one_line_too(site: Site) -> None:
    with session(site, "iceberg") as cursor, environment_of(site.home):
        cursor.execute("ALTER TABLE iceberg_tables RENAME COLUMN iceberg_type TO aside")
        assert_one_line(SQL, r"The Iceberg catalog tables are of schema version V0\. Expected V1, was")
        cursor.execute("ALTER TABLE iceberg_tables RENAME COLUMN aside TO iceberg_type")
        assert CliRunner().invoke(app, SQL).stdout == "n\n1\n"


def assert_one_line(words: list[str], said: str) -> None:
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 1
    assert re.match(f"ticklake: {said}", answer.stderr), answer.stderr or answer.exception
    assert answer.stderr.count("\n") == 1
    assert "hush" not in answer.stderr
    assert answer.stdout == ""
