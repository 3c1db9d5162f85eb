"""The MLflow server: what it is started with, and a running one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stack.process import marked
from stack.services.mlflow import MLflow
from stack.services.postgres import Postgres
from stack.services.postgres_roles import password_of
from stack.services.seaweedfs import BUCKET, SeaweedFS, endpoint, s3_client
from stack.site import Site
from stack.supervisor import State
from ticklake_assets_tests.stack.listening import addresses_of
from ticklake_assets_tests.stack.scripted import bring_up, kill, new_site, running

MLFLOW = MLflow()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = new_site(tmp_path_factory.mktemp("mlflow"))
    with running(site, SeaweedFS(), Postgres(), MLFLOW):
        yield site


def test_it_keeps_runs_in_postgres_and_files_on_s3_and_no_secret_on_its_command_line(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    program = MLFLOW.program(site)
    store = urlsplit(program.environment["MLFLOW_BACKEND_STORE_URI"])
    assert (store.port, store.path) == (site.port("postgres"), "/mlflow")
    assert program.environment["MLFLOW_S3_ENDPOINT_URL"] == endpoint(site)
    assert program.environment["MLFLOW_ARTIFACTS_DESTINATION"] == f"s3://{BUCKET}/mlflow"
    command = " ".join(map(str, program.command))
    assert f"--host 127.0.0.1 --port {site.port('mlflow')}" in command
    secrets = [site.secret("s3"), site.secret("postgres"), password_of(site, "mlflow")]
    assert not [secret for secret in secrets if secret in command]


def test_one_that_never_started_is_not_healthy(tmp_path: Path) -> None:
    assert not MLFLOW.is_healthy(new_site(tmp_path))


@pytest.mark.stack
def test_a_run_and_its_file_outlive_the_server(site: Site, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(MLFLOW.settings(site)["TICKLAKE_MLFLOW_URI"])
    run = client.create_run(client.create_experiment("kept")).info.run_id
    client.log_metric(run, "auc", 0.5)
    (tmp_path / "model.txt").write_text("bytes")
    client.log_artifact(run, str(tmp_path / "model.txt"))
    stored = s3_client(site).list_objects_v2(Bucket=BUCKET, Prefix="mlflow/")["Contents"]
    assert [entry["Size"] for entry in stored] == [5]
    kill(site, MLFLOW)
    assert bring_up(site, SeaweedFS(), Postgres(), MLFLOW)["mlflow"].state == State.HEALTHY
    assert client.get_run(run).data.metrics == {"auc": 0.5}
    assert Path(client.download_artifacts(run, "model.txt", str(tmp_path))).read_text() == "bytes"


@pytest.mark.stack
def test_it_listens_on_the_loopback_alone(site: Site) -> None:
    assert addresses_of(marked(site.mark_of("mlflow"))) == {"0100007F"}
