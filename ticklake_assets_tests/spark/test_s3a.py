"""How a Spark server reaches S3, as text."""

from __future__ import annotations

from pathlib import Path

from ticklake_assets.spark.s3a import s3a_properties

S3A = "spark.hadoop.fs.s3a."


def conf_of(jars: Path, endpoint: str, region: str) -> dict[str, str]:
    lines = (line.split(maxsplit=1) for line in s3a_properties(jars, endpoint, region).splitlines())
    return {line[0]: "".join(line[1:]) for line in lines if line and not line[0].startswith("#")}


def test_a_server_of_ones_own_is_addressed_by_path() -> None:
    conf = conf_of(Path("/jars"), "http://127.0.0.1:8333", "eu-central-1")
    assert conf["spark.driver.extraClassPath"] == conf["spark.executor.extraClassPath"] == "/jars/*"
    assert conf[f"{S3A}endpoint"] == "http://127.0.0.1:8333"
    assert conf[f"{S3A}endpoint.region"] == "eu-central-1"
    assert conf[f"{S3A}path.style.access"] == "true"


def test_aws_needs_no_endpoint() -> None:
    conf = conf_of(Path("/jars"), "", "us-east-1")
    assert conf[f"{S3A}endpoint"] == ""
    assert conf[f"{S3A}path.style.access"] == "false"


def test_every_line_is_a_setting_and_none_a_secret() -> None:
    conf = conf_of(Path("/jars"), "http://127.0.0.1:1", "us-east-1")
    assert all(key.startswith("spark.") for key in conf)
    assert not [key for key in conf if key.endswith(("access.key", "secret.key"))]


def test_relative_folders_are_those_of_this_process() -> None:
    """Spark's own working folder is another one."""
    assert conf_of(Path("jars"), "", "")["spark.driver.extraClassPath"] == f"{Path.cwd()}/jars/*"
