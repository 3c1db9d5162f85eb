from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stack.services.postgres import USER, session
from stack.services.seaweedfs import BUCKET
from stack.site import Site
from ticklake_assets.core.errors import SetupError, TransientError
from ticklake_assets.storage.gold.tables import GoldTables, open_catalog
from ticklake_assets_tests.s3_server import S3Server
from ticklake_assets_tests.storage.gold.builders import MONDAY, RUN, days_from, make_bars
from ticklake_assets_tests.storage.gold.warehouses import bucket_gold, s3_properties

SECRET = "not-to-be-shown"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken and where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def open_bars(name: str, uri: str, warehouse: str, s3: dict[str, str]) -> None:
    with GoldTables(open_catalog(name, uri, warehouse, s3)) as gold:
        gold.table("bars")


def only_line(caught: pytest.ExceptionInfo[BaseException]) -> str:
    text = str(caught.value)
    assert "\n" not in text
    assert SECRET not in text
    return text


def test_gold_lives_in_postgres_and_a_bucket(tmp_path: Path, s3_server: S3Server, database: str) -> None:
    """Writers that are the first ones, all at once, included."""
    days = days_from(MONDAY, 4)

    def write(at: int) -> int:
        with bucket_gold(tmp_path, s3_server, database) as gold:
            return gold.replace("bars", [days[at]], make_bars(days[at], at + 1), RUN)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(write, range(4)))) == 4
    with bucket_gold(tmp_path, s3_server, database) as gold:
        assert list(gold.row_counts("bars", days).values()) == [1, 2, 3, 4]


def test_another_catalog_name_over_the_same_tables(
    tmp_path: Path, s3_server: S3Server, database: str
) -> None:
    with bucket_gold(tmp_path, s3_server, database) as gold:
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 1), RUN)
    warehouse = f"s3://{BUCKET}/{tmp_path.name}/warehouse"
    with pytest.raises(SetupError, match=r"TICKLAKE_CATALOG_NAME\). Expected lake, was lakehouse") as caught:
        open_bars("lakehouse", database, warehouse, s3_properties(s3_server))
    only_line(caught)
    open_bars("lakehouse", database, f"{warehouse}-of-its-own", s3_properties(s3_server))


def test_a_catalog_of_schema_version_0(
    tmp_path: Path, s3_server: S3Server, postgres_site: Site, database: str
) -> None:
    with bucket_gold(tmp_path, s3_server, database) as gold, gold.catalog.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE iceberg_tables DROP COLUMN iceberg_type")
    with pytest.raises(
        SetupError, match=r"schema version V0\. Expected V1, was no column iceberg_type"
    ) as caught:
        bucket_gold(tmp_path, s3_server, database)
    advice = only_line(caught).split("`")[1]
    with session(postgres_site, database.rsplit("/", 1)[1]) as cursor:
        cursor.execute(advice)
    bucket_gold(tmp_path, s3_server, database).close()


@pytest.mark.parametrize(
    ("user", "password", "name", "message"),
    [
        (USER, "wrong", "iceberg", r"lets us in, was .*password authentication failed for user"),
        ("stranger", SECRET, "iceberg", r"lets us in, was .*password authentication failed for user"),
        (USER, None, "nowhere", r'\*\*\*@127.*/nowhere.* was .*database "nowhere" does not exist'),
    ],
)
def test_a_database_that_does_not_let_us_in(
    postgres_site: Site, tmp_path: Path, user: str, password: str | None, name: str, message: str
) -> None:
    address = f"127.0.0.1:{postgres_site.port('postgres')}/{name}"
    secret = password or postgres_site.secret("postgres")
    with pytest.raises(SetupError, match=message) as caught:
        open_catalog("lake", f"postgresql+psycopg2://{user}:{secret}@{address}", tmp_path.as_uri())
    assert "TICKLAKE_CATALOG_URI" in only_line(caught)
    assert postgres_site.secret("postgres") not in str(caught.value)


def test_a_database_where_nobody_answers(closed_port: int, tmp_path: Path) -> None:
    uri = f"postgresql+psycopg2://u:{SECRET}@127.0.0.1:{closed_port}/catalog"
    with pytest.raises(TransientError, match=r"Expected an answer, was .*refused") as caught:
        open_catalog("lake", uri, tmp_path.as_uri())
    only_line(caught)


def test_a_port_where_something_else_answers(s3_server: S3Server, tmp_path: Path) -> None:
    port = s3_server.endpoint.rsplit(":", 1)[1]
    with pytest.raises((SetupError, TransientError), match="TICKLAKE_CATALOG_URI") as caught:
        open_catalog(
            "lake",
            f"postgresql+psycopg2://u:{SECRET}@127.0.0.1:{port}/catalog?connect_timeout=2",
            tmp_path.as_uri(),
        )
    only_line(caught)


@pytest.mark.parametrize(
    "uri", ["not an address", "oracle://host/catalog", "postgresql+nothing://host/catalog"]
)
def test_an_address_that_is_no_databases(uri: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"TICKLAKE_CATALOG_URI\. Expected an address") as caught:
        open_catalog("lake", uri, tmp_path.as_uri())
    only_line(caught)


def test_keys_that_the_bucket_refuses(tmp_path: Path, s3_server: S3Server) -> None:
    refused = s3_properties(s3_server, secret_key="wrong")
    with pytest.raises(SetupError, match="Expected credentials that may do this, was") as caught:
        open_bars("lake", f"sqlite:///{tmp_path}/catalog.db", f"s3://{BUCKET}/warehouse", refused)
    only_line(caught)


def test_no_such_bucket(tmp_path: Path, s3_server: S3Server) -> None:
    with pytest.raises(SetupError, match=r"s3://nowhere/warehouse.*Expected the bucket") as caught:
        open_bars("lake", f"sqlite:///{tmp_path}/c.db", "s3://nowhere/warehouse", s3_properties(s3_server))
    only_line(caught)


def test_an_endpoint_where_nobody_answers(tmp_path: Path, closed_port: int) -> None:
    nobody = s3_properties(S3Server(f"http://127.0.0.1:{closed_port}"))
    with pytest.raises(TransientError, match=r"TICKLAKE_S3_ENDPOINT\). Expected an answer") as caught:
        open_bars("lake", f"sqlite:///{tmp_path}/catalog.db", f"s3://{BUCKET}/warehouse", nobody)
    only_line(caught)


def test_a_warehouse_that_lost_the_catalogs_files(tmp_path: Path, s3_server: S3Server) -> None:
    with bucket_gold(tmp_path, s3_server) as gold:
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 1), RUN)
    client = s3_server.client()
    for entry in client.list_objects_v2(Bucket=BUCKET, Prefix=f"{tmp_path.name}/")["Contents"]:
        client.delete_object(Bucket=BUCKET, Key=entry["Key"])
    with (
        bucket_gold(tmp_path, s3_server) as gold,
        pytest.raises(SetupError, match="the files that the catalog") as caught,
    ):
        gold.table("bars")
    only_line(caught)
