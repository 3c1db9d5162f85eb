"""Spark's way to a lake on S3: the settings in `s3a.conf`, and the jars that they need."""

from __future__ import annotations

from pathlib import Path
from string import Template

from ticklake_assets.core.errors import SetupError

_TEMPLATE = Path(__file__).with_name("s3a.conf")


def s3a_properties(jars: Path, endpoint: str, region: str) -> str:
    """Text of a Spark properties file; an empty `endpoint` is AWS."""
    return Template(_TEMPLATE.read_text()).substitute(
        jars=jars.absolute(), endpoint=endpoint, region=region, by_path=str(bool(endpoint)).lower()
    )


def s3a_conf(jars: Path, endpoint: str, region: str) -> dict[str, str]:
    """The same settings for a session; one without a value is left to Spark."""
    lines = (line.split(maxsplit=1) for line in s3a_properties(jars, endpoint, region).splitlines())
    return {line[0]: line[1] for line in lines if len(line) > 1 and not line[0].startswith("#")}


def require_jars(folder: str) -> None:
    """Raise SetupError where the folder cannot be the one that holds Spark's jars for S3."""
    if not folder or not any(Path(folder).glob("hadoop-aws-*.jar")):
        raise SetupError(
            "The lake is on S3, which Spark reads with jars of its own. Expected TICKLAKE_SPARK_JARS to name "
            f"the folder that `ticklake stack up spark` fills, was {folder!r} without hadoop-aws-*.jar"
        )
