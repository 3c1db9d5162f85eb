"""dagster.yaml of an instance: the project's file, and behind it where the settings put its storage and logs."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from ticklake_assets.files import replace_file
from ticklake_assets.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]


def write_instance(settings: Settings) -> Path:
    """Write DAGSTER_HOME/dagster.yaml, which a daemon may be reading; returns DAGSTER_HOME."""
    home = settings.dagster_home
    replace_file(home / "dagster.yaml", instance_yaml(settings).encode())
    return home


def instance_yaml(settings: Settings) -> str:
    """The text of dagster.yaml; no secret stands in it, Dagster reads the database's URL from the environment."""
    blocks: dict[str, object] = {}
    if settings.dagster_url:
        blocks["storage"] = {"postgres": {"postgres_url": {"env": "TICKLAKE_DAGSTER_URL"}}}
    blocks["compute_logs"] = _compute_logs(settings)
    lines = [f"\n{name}: {json.dumps(block)}\n" for name, block in blocks.items()]  # JSON is YAML, too
    return "".join([(PROJECT / "dagster.yaml").read_text(), *lines])


def _compute_logs(settings: Settings) -> dict[str, object]:
    module = "ticklake_assets.instance"
    if not settings.dagster_logs:
        place = {"base_dir": str(settings.dagster_home / "storage")}  # where Dagster has it by default
        return {"module": f"{module}.compute_logs", "class": "LocalLogs", "config": place}
    url = urlsplit(settings.dagster_logs)
    bucket = {"bucket": url.netloc, "prefix": url.path.strip("/"), "region": settings.s3_region}
    endpoint = {"endpoint_url": settings.s3_endpoint} if settings.s3_endpoint else {}
    return {
        "module": f"{module}.s3_compute_logs",
        "class": "S3Logs",
        "config": {**bucket, **endpoint, "local_dir": str(settings.dagster_home / "logs")},
    }
