"""`ticklake replicate`: the second layer by hand, and what NiFi's flow needs to know to do it by itself."""

from __future__ import annotations

import json

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from ticklake_assets.core.errors import SetupError
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.replication import Replication
from ticklake_assets.settings import Settings
from ticklake_assets.storage.replication_embedded import EmbeddedReplicator


def replicate_landing(settings: Settings, console: Console) -> bool:
    """Bring every landing file into the object store, show the counters; returns whether nothing was refused."""
    with console.status(f"{settings.landing_dir} to {settings.lake}"):
        counted = EmbeddedReplicator(settings.landing_dir, _lake(settings).store).sweep()
    for problem in counted.problems:
        console.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"{counted.files} files copied ({decimal(counted.bytes)}), {counted.already_there} there already, "
        f"{counted.conflicts} conflicts, {counted.failed} failed: {settings.lake}",
        highlight=False,
        soft_wrap=True,
    )
    return not counted.problems


def show_status(settings: Settings, console: Console, *, as_json: bool) -> None:
    """Show queues, back pressure, rates, conflicts and bulletins, as a table or as JSON."""
    replication = Replication(
        folder=str(settings.landing_dir), nifi_url=settings.nifi_url, lake=_lake(settings)
    )
    status = replication.status()
    if as_json:
        queues = [queue._asdict() for queue in status.queues]
        console.print_json(json.dumps({**status._asdict(), "queues": queues}))
        return
    table = Table("queue", "files", "bytes", "full, %", title=f"{status.mover}: {status.state}")
    for queue in status.queues:
        table.add_row(queue.name, f"{queue.files:,}", decimal(queue.bytes), str(queue.percent))
    console.print(table)
    console.print(
        f"{status.files_a_minute:.1f} files and {decimal(round(status.bytes_a_minute))} a minute, "
        f"{status.conflicts} in conflict, {status.failed} given up",
        highlight=False,
    )
    for bulletin in status.bulletins:
        console.print(bulletin, style="yellow", markup=False, highlight=False, soft_wrap=True)


def flow_secrets() -> dict[str, str]:
    """The lake's keys, from where boto3 looks."""
    from botocore.session import get_session

    from ticklake_assets.storage.object_store_s3 import making_client

    with making_client(""):
        found = get_session().get_credentials()
    if found is None:
        raise SetupError("Keys of the lake. Expected them where boto3 looks (AWS_ACCESS_KEY_ID), was none")
    return {"s3.access.key": found.access_key, "s3.secret.key": found.secret_key}


def nifi_address(settings: Settings) -> str:
    if not settings.nifi_url:
        raise SetupError("Address of NiFi. Expected TICKLAKE_NIFI_URL like http://127.0.0.1:8080, was empty")
    return settings.nifi_url.rstrip("/")


def _lake(settings: Settings) -> Lake:
    return Lake(url=settings.lake, endpoint=settings.s3_endpoint, region=settings.s3_region)
