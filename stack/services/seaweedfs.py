"""SeaweedFS: the object store, spoken to as S3. One process holds its master, filer, volume and S3 server."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from stack.http import answers, trusting
from stack.service import Program, Service
from stack.site import Site
from ticklake_assets.files import replace_file
from ticklake_assets.instance.processes import own_program

BUCKET = "lake"
REGION = "us-east-1"
ACCESS_KEY = "ticklake"
TEMPLATES = Path(__file__).parents[1] / "templates" / "seaweedfs"


def endpoint(site: Site) -> str:
    return f"http://127.0.0.1:{site.port('s3')}"


def credentials(site: Site) -> dict[str, str]:
    """What boto3, and weed itself, read from the environment."""
    return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": site.secret("s3")}


class SeaweedFS(Service):
    """S3 for the lake, Iceberg files, MLflow artefacts and the output of runs."""

    name = "seaweedfs"
    ports = (
        "s3", "seaweedfs-master", "seaweedfs-filer", "seaweedfs-volume", "seaweedfs-admin", "seaweedfs-metrics"
    )  # fmt: skip
    has_grpc = True
    metrics_port = "seaweedfs-metrics"
    ready_s = 60

    def install(self, site: Site) -> None:
        own_program("weed")

    def configure(self, site: Site) -> None:
        """Close every listener but S3 to others; weed reads security.toml in its working folder."""
        from stack.certificate import new_certificate  # its cryptography: the base installation has none

        folder = site.folder_of(self.name)
        (folder / "data").mkdir(mode=0o700, exist_ok=True)
        certificate, key = new_certificate()
        replace_file(folder / "own.crt", certificate.encode(), private=True)
        replace_file(folder / "own.key", key.encode(), private=True)
        shutil.copyfile(TEMPLATES / "security.toml", folder / "security.toml")

    def program(self, site: Site) -> Program:
        command = [
            own_program("weed"),
            "mini",
            f"-dir={site.folder_of(self.name) / 'data'}",
            f"-bucket={BUCKET}",
        ]
        command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1"]  # the default is every interface
        parts = ("master", "filer", "volume", "admin")
        command += [f"-{part}.port={site.port(f'seaweedfs-{part}')}" for part in parts]
        command += [f"-s3.port={site.port('s3')}", "-s3.port.iceberg=0", "-s3.port.lance=0"]
        command += [f"-metricsPort={site.port('seaweedfs-metrics')}"]
        command += ["-s3.autoCreateBucket=false"]  # a misspelt bucket is an error, as on AWS
        # In its working folder, and not in /tmp, where a killed one's are left; a socket's path must be short.
        command += ["-s3.localSocket=s3.sock", "-filer.localSocket=filer.sock"]
        command += ["-webdav=false", "-admin.ui=false", "-master.telemetry=false"]
        return Program(command, environment=credentials(site))

    def is_healthy(self, site: Site) -> bool:
        """Its S3 answers, and its master has heard from its volumes: before, an object that it holds is an error."""
        folder, master = site.folder_of(self.name), f"https://127.0.0.1:{site.port('seaweedfs-master')}"
        if not answers(f"{endpoint(site)}/healthz"):
            return False
        own = trusting(folder / "own.crt", folder / "own.key")
        return answers(f"{master}/dir/status", containing='"DataNodes":[{', trusting=own)

    def settle(self, site: Site) -> None:
        """Make the bucket; its own flag does so only a moment after it is healthy: whoever comes first makes it."""
        client = s3_client(site)
        with suppress(client.exceptions.BucketAlreadyExists, client.exceptions.BucketAlreadyOwnedByYou):
            try:
                client.create_bucket(Bucket=BUCKET)
            except client.exceptions.NoSuchBucket:  # half made by another at this moment
                client.create_bucket(Bucket=BUCKET)

    def address(self, site: Site) -> str:
        return endpoint(site)

    def settings(self, site: Site) -> dict[str, str]:
        return {
            "TICKLAKE_LAKE_URL": f"s3://{BUCKET}",
            "TICKLAKE_S3_ENDPOINT": endpoint(site),
            "TICKLAKE_S3_REGION": REGION,
            "TICKLAKE_DAGSTER_LOGS": f"s3://{BUCKET}/dagster",
            **credentials(site),
        }


def s3_client(site: Site) -> Any:
    """boto3's client of this server, whatever credentials the environment holds."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=endpoint(site),
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=site.secret("s3"),
        config=Config(connect_timeout=5, read_timeout=30, s3={"addressing_style": "path"}),
    )
