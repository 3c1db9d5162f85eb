from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ticklake_assets.core.errors import SourceError
from ticklake_assets.sources.archives import archive_of, chunks_of, members_of, table_at


def _zip(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return path


def test_the_visible_members_are_listed(tmp_path: Path) -> None:
    path = _zip(
        tmp_path / "a.zip", "b/EURUSD.csv", "a.csv", ".hidden.csv", "__MACOSX/a.csv", "c/", "../up.csv", "/x"
    )
    assert members_of(path) == [path / "a.csv", path / "b/EURUSD.csv"]


def test_a_path_leads_into_an_archive(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.ZIP", "b/EURUSD.csv")
    (tmp_path / "folder.zip").mkdir()
    assert archive_of(path / "b/EURUSD.csv") == (path, "b/EURUSD.csv")
    assert archive_of(path) == (path, "")
    assert archive_of(tmp_path / "folder.zip/a.csv") == (tmp_path / "folder.zip/a.csv", "")
    assert table_at(path) == path / "b/EURUSD.csv"
    assert b"".join(chunks_of(path, "b/EURUSD.csv", 3)) == b"b/EURUSD.csv"


def test_the_table_of_an_archive_of_several_must_be_named(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", "a.csv", "b.csv")
    with pytest.raises(
        SourceError, match=f"{path}: Expected one member, was 2: say which, like {path}/a.csv"
    ):
        table_at(path)
    with pytest.raises(SourceError, match=f"{path}: Expected a member c.csv, was none"):
        next(chunks_of(path, "c.csv", 3))


def test_what_is_packed_beside_the_only_table_is_no_choice(tmp_path: Path) -> None:
    path = _zip(tmp_path / "HISTDATA_COM_ASCII_EURUSD_T201402.zip", "DAT_T.csv", "DAT_T.txt")
    assert table_at(path) == path / "DAT_T.csv"


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", "a.csv")
    data = bytearray(path.read_bytes())
    for header, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(header) + at] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(SourceError, match=r"a.zip/a.csv: Expected a member .*, was method 0, encrypted"):
        next(chunks_of(path, "a.csv", 3))


def test_members_are_counted(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", *(f"{number}.csv" for number in range(10_001)))
    with pytest.raises(SourceError, match=r"a.zip: Expected at most 10,000 members, was 10,001"):
        members_of(path)
