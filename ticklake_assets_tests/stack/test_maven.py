from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from stack.maven import CHECKSUMS, Artefact, fetch
from ticklake_assets.core.errors import SetupError

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
