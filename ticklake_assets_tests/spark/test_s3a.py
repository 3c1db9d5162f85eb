"""How a session reaches S3, as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from ticklake_assets.core.errors import SetupError
from ticklake_assets.spark.s3a import require_jars, s3a_conf, s3a_properties

S3A = "spark.hadoop.fs.s3a."


def test_a_server_of_ones_own_is_addressed_by_path() -> None:
    conf = s3a_conf(Path("/jars"), "http://127.0.0.1:8333", "eu-central-1")
    assert conf["spark.driver.extraClassPath"] == conf["spark.executor.extraClassPath"] == "/jars/*"
    assert conf[f"{S3A}endpoint"] == "http://127.0.0.1:8333"
    assert conf[f"{S3A}endpoint.region"] == "eu-central-1"
    assert conf[f"{S3A}path.style.access"] == "true"


def test_aws_needs_no_endpoint() -> None:
    conf = s3a_conf(Path("/jars"), "", "us-east-1")
    assert f"{S3A}endpoint" not in conf
    assert conf[f"{S3A}path.style.access"] == "false"


def test_every_line_is_a_setting_and_none_a_secret() -> None:
    conf = s3a_conf(Path("/jars"), "http://127.0.0.1:1", "us-east-1")
    text = s3a_properties(Path("/jars"), "http://127.0.0.1:1", "us-east-1")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(key.startswith("spark.") for key in conf)
    assert len(lines) == len(conf)
    assert not [key for key in conf if key.endswith(("access.key", "secret.key"))]


def test_relative_folders_are_those_of_this_process() -> None:
    """Spark's own working folder is another one."""
    assert s3a_conf(Path("jars"), "", "")["spark.driver.extraClassPath"] == f"{Path.cwd()}/jars/*"


def test_a_folder_without_the_jars_is_named(tmp_path: Path) -> None:
    for folder in ("", str(tmp_path), str(tmp_path / "absent")):
        with pytest.raises(SetupError, match=f"TICKLAKE_SPARK_JARS.*was {folder!r} without hadoop-aws"):
            require_jars(folder)


@pytest.mark.parametrize("sdk", ["s3-2.29.52.jar", "bundle-2.29.52.jar"])
def test_every_part_is_looked_for(tmp_path: Path, sdk: str) -> None:
    """Without the SDK, PySpark calls itself for ever while it formats the error."""
    for jar in ("hadoop-aws-3.4.2.jar", "spark-hadoop-cloud_2.13-4.1.2.jar", sdk):
        with pytest.raises(SetupError, match="TICKLAKE_SPARK_JARS"):
            require_jars(str(tmp_path))
        (tmp_path / jar).touch()
    require_jars(str(tmp_path))
