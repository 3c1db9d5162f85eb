"""The way of a Spark server to tables on S3: the settings in `s3a.conf`. The cleaning reaches the lake by Arrow."""

from __future__ import annotations

from pathlib import Path
from string import Template

_TEMPLATE = Path(__file__).with_name("s3a.conf")


def s3a_properties(jars: Path, endpoint: str, region: str) -> str:
    """Text of a Spark properties file; an empty `endpoint` is AWS."""
    return Template(_TEMPLATE.read_text()).substitute(
        jars=jars.absolute(), endpoint=endpoint, region=region, by_path=str(bool(endpoint)).lower()
    )
