from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster_shared.serdes import serialize_value
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.errors import SetupError, TicklakeError
from ticklake_assets.credentials import hidden, masked, revealed
from ticklake_assets.defs.landing.assets import landing_run_config
from ticklake_assets.defs.resources import build_resources
from ticklake_assets.instance.home import open_instance
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.landing import Landing, SourceConfig
from ticklake_assets.settings import Settings
from ticklake_assets.sources.dukascopy import JSON_FEED
from ticklake_assets.storage.models.mlflow_errors import explained_mlflow_errors
from ticklake_assets.storage.replication.nifi import NiFiReplicator
from ticklake_assets.storage.sql.trino import TrinoEngine

SECRET = "s3cr3t-pa$$"
PLAIN = st.text(
    st.characters(
        codec="ascii", exclude_characters="/@: \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f", exclude_categories=["Cc"]
    ),
    min_size=1,
)


def secretive(home: Path) -> Settings:
    """A password in every address."""
    login = f"me:{SECRET}@127.0.0.1:1"
    return Settings(
        home=home,
        catalog_uri=f"postgresql+psycopg2://{login}/catalog",
        dagster_url=f"postgresql+psycopg2://{login}/dagster",
        sql_url=f"trino://{login}/lake",
        mlflow_uri=f"http://{login}/mlflow",
        nifi_url=f"http://{login}",
        endpoint_url=f"http://{login}",
        source_url=f"http://{login}/feed",
        spark_master=f"sc://127.0.0.1:1/;token={SECRET}",
    )


def test_a_password_is_masked_and_comes_back_in_this_process() -> None:
    address = "postgresql+psycopg2://ticklake:a:b@c@127.0.0.1:5432/catalog"
    assert masked(address) == "postgresql+psycopg2://ticklake:***@127.0.0.1:5432/catalog"
    assert revealed(masked(address)) == address
    assert (
        hidden("http://u:p@a/b and http://v@c and trino://w:q@d")
        == "http://u:***@a/b and http://v@c and trino://w:***@d"
    )
    for plain in (
        "",
        "duckdb://",
        "sqlite:////home/a b/catalog.db",
        "s3://bucket/prefix",
        "http://127.0.0.1:8750",
    ):
        assert masked(plain) == revealed(plain) == plain


@given(PLAIN, PLAIN)
def test_whatever_the_password_only_its_place_is_shown(user: str, password: str) -> None:
    assert masked(f"trino://{user}:{password}@host:1/lake") == f"trino://{user}:***@host:1/lake"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"postgresql+psycopg2://host/db?user=me&password={SECRET}", "postgresql+psycopg2://host/db?user=me&password=***"),
        (f"jdbc:postgresql://host/db?password={SECRET}&ssl=true", "jdbc:postgresql://host/db?password=***&ssl=true"),
        (f"https://feed/x?api_key={SECRET}#top", "https://feed/x?api_key=***#top"),
        (f"trino://me:{SECRET}@host:1/lake?ACCESS_TOKEN={SECRET}", "trino://me:***@host:1/lake?ACCESS_TOKEN=***"),
        (f"s3://bucket?aws_secret_access_key={SECRET}", "s3://bucket?aws_secret_access_key=***"),
        (f"http://host/?pass={SECRET}", "http://host/?pass=***"),
    ],
)  # fmt: skip
def test_a_secret_of_a_query_is_masked_too_and_comes_back(address: str, shown: str) -> None:
    assert masked(address) == shown
    assert revealed(shown) == address
    assert hidden(f"could not reach {address} in time") == f"could not reach {shown} in time"


def test_other_parameters_are_shown() -> None:
    plain = "postgresql://host/db?sslmode=require&passive=1&connect_timeout=2&tokenizer"
    assert masked(plain) == revealed(plain) == plain


def test_a_masked_query_of_another_process_is_an_error_too() -> None:
    with pytest.raises(SetupError, match="is not known here"):
        revealed("postgresql://nobodys/db?password=***")


def test_a_masked_address_of_another_process_is_an_error_that_says_so() -> None:
    with pytest.raises(SetupError, match=r"password of http://nobody:\*\*\*@elsewhere is not known here"):
        revealed("http://nobody:***@elsewhere")


def test_no_password_is_in_what_dagster_shows(tmp_path: Path) -> None:
    """The code location's snapshot is what the UI and every run keep of a resource's configuration."""
    resources = build_resources(secretive(tmp_path))
    repository = dg.Definitions(resources=resources).get_repository_def()
    snapshot = serialize_value(RepositorySnap.from_def(repository))
    assert "postgresql+psycopg2://me:***@127.0.0.1:1/catalog" in snapshot
    assert SECRET not in snapshot
    assert SECRET not in str(resources)


def test_no_password_is_in_the_configuration_of_a_run(tmp_path: Path) -> None:
    config = landing_run_config(SourceConfig.from_settings(secretive(tmp_path)))
    assert "http://me:***@127.0.0.1:1/feed" in str(config)
    assert SECRET not in str(config)


def test_no_password_is_in_what_a_run_leaves_in_the_home(tmp_path: Path) -> None:
    """Its snapshots, which Dagster's database holds compressed, its events with an error, and every file."""
    settings = secretive(tmp_path).model_copy(update={"dagster_url": ""})
    resources = build_resources(settings)

    @dg.asset
    def asked(gold: Gold, landing: Landing) -> None:
        assert landing.ticks.url
        assert gold.tables

    with open_instance(settings) as instance:
        job = dg.Definitions([asked], resources=resources).resolve_implicit_global_asset_job_def()
        assert not job.execute_in_process(instance=instance, raise_on_error=False).success
        (run,) = instance.get_runs()
        assert run.job_snapshot_id
        assert run.execution_plan_snapshot_id
        told = [
            serialize_value(instance.get_job_snapshot(run.job_snapshot_id)),
            serialize_value(instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id)),
            *map(serialize_value, instance.all_logs(run.run_id)),
        ]
    assert "me:***@127.0.0.1:1/catalog" in told[0], "as the resource's configuration"
    assert [event for event in told[2:] if "Connection refused" in event]
    assert not [text for text in told if SECRET in text]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def test_the_resources_use_the_whole_address(tmp_path: Path) -> None:
    settings = secretive(tmp_path)
    assert revealed(Gold.from_settings(settings).catalog_uri) == settings.catalog_uri
    assert revealed(Landing.from_settings(settings).ticks.url) == settings.source_url
    assert JSON_FEED.at(settings.source_url).login == ("me", SECRET)


def failing(settings: Settings) -> dict[str, Callable[[], object]]:
    """Everything that says an address when it fails."""
    return {
        "trino": lambda: TrinoEngine.from_url(settings.sql_url.removesuffix("/lake")),
        "nifi": lambda: NiFiReplicator(Path(), None, settings.nifi_url).status(),  # type: ignore[arg-type]
        "feed": lambda: JSON_FEED.at(settings.source_url.replace("http", "ftp")),
        "mlflow": lambda: _raise(settings.mlflow_uri),
    }


def _raise(uri: str) -> None:
    from mlflow.exceptions import MlflowException

    with explained_mlflow_errors(uri):
        raise MlflowException(f"API request to {uri}/api failed")


@pytest.mark.parametrize("what", ["trino", "nifi", "feed", "mlflow"])
def test_no_password_is_in_an_error(tmp_path: Path, what: str) -> None:
    with pytest.raises(TicklakeError, match=r"me:\*\*\*@127.0.0.1:1") as raised:
        failing(secretive(tmp_path))[what]()
    assert SECRET not in str(raised.value)
