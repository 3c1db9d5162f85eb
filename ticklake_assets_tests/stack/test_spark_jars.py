from __future__ import annotations

import re
from pathlib import Path

import pytest

from stack.spark_jars import LIST, POM, install_jars, jars_folder, listed

NAMES = [artefact.name for artefact in listed()]


def test_the_list_is_one_that_sha256sum_reads() -> None:
    lines = LIST.read_text().splitlines()
    assert all(re.fullmatch(r"[0-9a-f]{64}  [\w.-]+(/[\w.-]+)+\.jar", line) for line in lines)
    assert [artefact.path for artefact in listed()] == [line[66:] for line in lines]


def test_what_the_pom_asks_for_is_listed_in_its_version() -> None:
    text = POM.read_text()
    aws = re.search(r"<aws\.version>(.+?)<", text)
    assert aws is not None
    wanted = re.findall(r"<artifactId>(\S+)</artifactId>\s*<version>(\S+)</version>", text)
    found = {artefact.name: artefact.version for artefact in listed()}
    for name, version in wanted:
        if name != "spark-jars":
            assert found[name] == version.replace("${aws.version}", aws[1]), name


def test_nothing_is_listed_that_spark_has_or_nobody_needs() -> None:
    unwanted = ("bundle", "slf4j", "netty-codec", "netty-common", "commons-", "httpc")
    assert not [name for name in NAMES if name.startswith(unwanted)]


def test_another_list_is_another_folder(tmp_path: Path) -> None:
    assert jars_folder(tmp_path).parent == tmp_path
    assert re.fullmatch(r"spark-jars-[0-9a-f]{12}", jars_folder(tmp_path).name)


@pytest.mark.stack
@pytest.mark.timeout(600)
def test_from_an_empty_cache_to_the_folder_and_not_again(tmp_path: Path) -> None:
    install_jars(tmp_path)
    folder = jars_folder(tmp_path)
    assert sorted(jar.name for jar in folder.iterdir()) == sorted(Path(found.path).name for found in listed())
    before = {jar: jar.stat().st_mtime_ns for jar in folder.iterdir()}
    install_jars(tmp_path)
    assert {jar: jar.stat().st_mtime_ns for jar in folder.iterdir()} == before
    assert list(tmp_path.glob(".spark-jars-*")) == []
