"""What `ticklake replicate` does: the second layer by hand, and how it is doing, whoever does it."""

from __future__ import annotations

import json

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.replication import Replication
from ticklake_assets.settings import Settings
from ticklake_assets.storage.replication.embedded import EmbeddedReplicator


def replicate_landing(settings: Settings, console: Console) -> bool:
    """Bring every landing file into the object store, show the counters; returns whether nothing was refused."""
    with console.status(f"{settings.landing_dir} to {settings.lake}"):
        counted = EmbeddedReplicator(settings.landing_dir, Lake.from_settings(settings).store).sweep()
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
        folder=str(settings.landing_dir), nifi_url=settings.nifi_url, lake=Lake.from_settings(settings)
    )
    found = replication.status()
    if as_json:
        queues = [queue._asdict() for queue in found.queues]
        console.print_json(json.dumps({**found._asdict(), "queues": queues}))
        return
    table = Table("queue", "files", "bytes", "full, %", title=f"{found.mover}: {found.state}")
    for queue in found.queues:
        table.add_row(queue.name, f"{queue.files:,}", decimal(queue.bytes), str(queue.percent))
    console.print(table)
    console.print(
        f"{found.files_a_minute:.1f} files and {decimal(round(found.bytes_a_minute))} a minute, "
        f"{found.conflicts} in conflict, {found.failed} given up",
        highlight=False,
    )
    for bulletin in found.bulletins:
        console.print(bulletin, style="yellow", markup=False, highlight=False, soft_wrap=True)
