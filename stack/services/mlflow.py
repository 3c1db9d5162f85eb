"""The MLflow server: runs and registered models in Postgres, their files on S3, which clients reach through it."""

from __future__ import annotations

from stack.http import answers
from stack.service import Program, Service
from stack.services import postgres, seaweedfs
from stack.site import Site
from ticklake_assets.instance.processes import own_program


class MLflow(Service):
    """Experiments, metrics, registered models."""

    name = "mlflow"
    ports = ("mlflow",)
    needs = ("postgres", "seaweedfs")
    ready_s = 180  # a first start makes its tables

    def install(self, site: Site) -> None:
        own_program("mlflow")

    def program(self, site: Site) -> Program:
        port = str(site.port("mlflow"))
        return Program(
            [own_program("mlflow"), "server", "--host", "127.0.0.1", "--port", port, "--workers", "1"],
            environment={
                "MLFLOW_BACKEND_STORE_URI": postgres.database_url(site, "mlflow"),
                "MLFLOW_ARTIFACTS_DESTINATION": f"s3://{seaweedfs.BUCKET}/mlflow",
                "MLFLOW_S3_ENDPOINT_URL": seaweedfs.endpoint(site),
                "AWS_DEFAULT_REGION": seaweedfs.REGION,
                **seaweedfs.credentials(site),
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # a second pool of workers, for evaluations of LLMs
            },
        )

    def is_healthy(self, site: Site) -> bool:
        return answers(f"{self.address(site)}/health", containing="OK")

    def address(self, site: Site) -> str:
        return f"http://127.0.0.1:{site.port('mlflow')}"

    def settings(self, site: Site) -> dict[str, str]:
        return {"TICKLAKE_MLFLOW_URI": self.address(site)}
