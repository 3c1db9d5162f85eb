from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from stack import spark_jars
from stack.download import part_of
from stack.maven import CHECKSUMS, Artefact, fetch
from ticklake_assets.core.errors import SetupError
from ticklake_assets_tests.stack.broken_repository import CONTENT, Repository

COORDINATES = "org.example:thing:1.2:zip:all"
PATH = "org/example/thing/1.2/thing-1.2-all.zip"


def listed(folder: Path, content: bytes) -> Path:
    """A list with the line of one artefact."""
    checksums = folder / "list"
    checksums.write_text(f"{sha256(content).hexdigest()}  {PATH}\n")
    return checksums


def cached(folder: Path, content: bytes) -> Path:
    file = folder / "maven" / PATH
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    return file


@pytest.fixture
def no_maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def maven_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a program `mvn` on the PATH that says what Maven says when it gets a pom from this address."""

    def put(address: str) -> None:
        program = tmp_path / "bin" / "mvn"
        program.parent.mkdir(exist_ok=True)
        pom = Path(PATH).with_name("thing-1.2.pom")
        program.write_text(
            f"#!/bin/sh\necho $* >> {tmp_path}/asked\n"
            f"echo '[INFO] Downloaded from central: {address}/{pom} (1 kB at 2 kB/s)'\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    return put


def test_a_large_one_comes_from_where_maven_gets_it_in_the_rest_that_is_missing(
    tmp_path: Path, repository: Repository, maven_of: Callable[[str], None]
) -> None:
    maven_of(repository.url)
    part = part_of(cached(tmp_path, b""))
    part.with_suffix("").unlink()
    part.write_bytes(CONTENT[:200_000])
    repository.breaks = [50_000]
    assert fetch(tmp_path, COORDINATES, listed(tmp_path, CONTENT)).read_bytes() == CONTENT
    assert repository.asked == ["bytes=200000-", "bytes=250000-"]
    assert repository.paths == [f"/{PATH}"] * 2
    assert "-Dartifact=org.example:thing:1.2:pom " in (tmp_path / "asked").read_text()


def test_maven_fetches_itself_where_only_it_has_the_password(
    tmp_path: Path, repository: Repository, maven_of: Callable[[str], None]
) -> None:
    maven_of(repository.url)
    repository.status = 401
    with pytest.raises(FileNotFoundError):  # the program puts nothing there
        fetch(tmp_path, COORDINATES, listed(tmp_path, CONTENT))
    assert f"-Dartifact={COORDINATES} " in (tmp_path / "asked").read_text().splitlines()[-1]


@pytest.mark.stack
def test_the_real_maven_names_a_place_that_goes_on_with_a_part(tmp_path: Path) -> None:
    postgres = next(found for found in spark_jars.listed() if found.name == "postgresql")
    whole = fetch(tmp_path, str(postgres), spark_jars.LIST)
    content = whole.read_bytes()
    whole.unlink()
    part_of(whole).write_bytes(content[: len(content) // 2])
    assert fetch(tmp_path, str(postgres), spark_jars.LIST).read_bytes() == content
    assert not part_of(whole).exists()


def test_coordinates_name_the_place_in_a_repository() -> None:
    assert Artefact.parse(COORDINATES).path == PATH
    assert Artefact.parse("org.example:thing:1.2").path == "org/example/thing/1.2/thing-1.2.jar"
    assert str(Artefact.parse(COORDINATES)) == COORDINATES


def test_what_is_there_is_not_fetched(tmp_path: Path, no_maven: None) -> None:
    file = cached(tmp_path, b"right")
    assert fetch(tmp_path, COORDINATES, listed(tmp_path, b"right")) == file


def test_broken_bytes_are_thrown_away_and_fetched_anew(tmp_path: Path, no_maven: None) -> None:
    file = cached(tmp_path, b"half")
    with pytest.raises(SetupError, match="Expected mvn on the PATH, was none: install the package maven"):
        fetch(tmp_path, COORDINATES, listed(tmp_path, b"right"))
    assert not file.exists()


def test_an_artefact_without_a_checksum_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SetupError, match=r"thing:1\.3:jar\. Expected a line for org/example/thing/1\.3/thing-1\.3\.jar"
    ):
        fetch(tmp_path, "org.example:thing:1.3", listed(tmp_path, b""))


def test_the_list_is_one_that_sha256sum_reads() -> None:
    for line in CHECKSUMS.read_text().splitlines():
        digest, path = line.split("  ")
        assert len(digest) == 64
        assert path.count("/") >= 4
