"""What the replication flow is told: its parameters and the address of NiFi, from ticklake's own settings."""

from __future__ import annotations

from urllib.parse import urlsplit

from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.landing_folders import WAITING
from ticklake_assets.settings import Settings


def flow_values(settings: Settings) -> dict[str, str]:
    """Parameters of NiFi's flow; makes the folder that it lists, which NiFi refuses when it isn't there."""
    place = urlsplit(settings.lake)
    if place.scheme != "s3":
        raise SetupError(
            f"NiFi brings files into a bucket. Expected TICKLAKE_LAKE_URL like s3://bucket, was {settings.lake}"
        )
    (settings.landing_dir / WAITING).mkdir(parents=True, exist_ok=True)
    return {
        "landing.folder": str(settings.landing_dir.absolute()),
        "lake.bucket": place.netloc,
        "lake.folder": f"{place.path}/raw/{WAITING}".strip("/"),
        "s3.endpoint": settings.s3_endpoint or f"https://s3.{settings.s3_region}.amazonaws.com",
        "s3.region": settings.s3_region,
    }


def flow_secrets() -> dict[str, str]:
    """The lake's keys, from where boto3 looks."""
    from botocore.exceptions import BotoCoreError
    from botocore.session import get_session

    try:
        found = get_session().get_credentials()
    except BotoCoreError as error:  # a profile that is not there, a broken file
        raise SetupError(f"Keys of the lake. Expected them where boto3 looks, was {error}") from error
    if found is None:
        raise SetupError("Keys of the lake. Expected them where boto3 looks (AWS_ACCESS_KEY_ID), was none")
    return {"s3.access.key": found.access_key, "s3.secret.key": found.secret_key}


def nifi_address(settings: Settings) -> str:
    if not settings.nifi_url:
        raise SetupError("Address of NiFi. Expected TICKLAKE_NIFI_URL like http://127.0.0.1:8080, was empty")
    return settings.nifi_url.rstrip("/")
