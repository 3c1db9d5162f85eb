"""Spark's way to a lake on S3: the settings in `s3a.conf`, and the jars that they need."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from ticklake_assets.core.errors import SetupError

_NEEDED = ("hadoop-aws", "spark-hadoop-cloud", "s3|bundle")  # AWS's SDK, in modules or as a whole
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
    """Raise SetupError where a jar is missing in the folder: PySpark itself would not come back from it."""
    names = [jar.name for jar in Path(folder).glob("*.jar")] if folder else []
    absent = [jar for jar in _NEEDED if not any(re.match(jar, name) for name in names)]
    if absent:
        raise SetupError(
            "The lake is on S3, which Spark reads with jars of its own. Expected TICKLAKE_SPARK_JARS to name "
            f"the folder that `ticklake stack up spark` fills, was {folder!r} without {absent[0]}"
        )
