from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ticklake_assets.core.errors import SetupError, SourceError
from ticklake_assets.sources.tick_text import TickText
from ticklake_assets_tests.small_disks import disk_that_takes

_TEXT = "Time,Bid\nGrüß Gott,1\n" * 1_000


def _whole(path: Path) -> bytes:
    text = TickText(path)
    with text.open() as file:
        read = file.read()
    assert read.startswith(text.head)
    text.release()
    with text.open() as file:  # once more
        assert file.read() == read
    text.release()
    return read


def _zip(path: Path, data: bytes, method: int = zipfile.ZIP_DEFLATED, name: str = "a.csv") -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(name, data)
    return path / name


def _bomb(folder: Path, kind: str) -> Path:
    """A hundred MiB in some hundred kilobytes, or far less."""
    path = folder / f"bomb.{kind}"
    if kind == "csv.gz":
        path.write_bytes(gzip.compress(bytes(100 << 20), 1))
    elif kind == "zip":
        return _zip(path, bytes(100 << 20))
    else:
        rows = pa.DictionaryArray.from_arrays(np.zeros(20_000_000, dtype=np.int8), ["2014-05-01"])
        pq.write_table(pa.table({"timestamp": rows}), path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("packed", ["csv", "csv.gz", "zip"])
def test_every_encoding_in_every_packing(tmp_path: Path, encoding: str, packed: str) -> None:
    data = _TEXT.encode(encoding)
    if encoding == "utf-16-le":
        data = b"\xff\xfe" + data
    path = tmp_path / f"ticks.{packed}"
    if packed == "zip":
        path = _zip(path, data)
    else:
        path.write_bytes(gzip.compress(data) if packed == "csv.gz" else data)
    assert _whole(path).decode("utf-8-sig") == _TEXT


def test_a_plain_file_is_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(_TEXT)
    with TickText(path).open() as file:
        assert file.name == str(path)


@pytest.mark.parametrize("kind", ["csv.gz", "zip", "parquet"])
def test_a_bomb_is_refused_by_its_name(tmp_path: Path, kind: str) -> None:
    text = TickText(_bomb(tmp_path, kind))  # its head does no harm
    message = rf"bomb.{kind}.*: Expected at most 200 times its [\d,]+ bytes unpacked, was more"
    with pytest.raises(SourceError, match=message), text.open():
        pass


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_without_a_bound_are_not_unpacked(tmp_path: Path, method: int) -> None:
    path = _zip(tmp_path / "a.zip", b"x", method)
    with pytest.raises(
        SourceError, match=rf"a.zip/a.csv: Expected a member that is stored .*, was method {method}"
    ):
        TickText(path)


@pytest.mark.parametrize("packed", ["csv.gz", "zip", "parquet"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "another"])
def test_damage_is_named(tmp_path: Path, packed: str, damage: str) -> None:
    path = tmp_path / f"a.{packed}"
    if packed == "zip":
        _zip(path, _TEXT.encode())
    elif packed == "parquet":
        pq.write_table(pa.table({"timestamp": [str(number) for number in range(1_000)]}), path)
    else:
        path.write_bytes(gzip.compress(_TEXT.encode()))
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = (
        whole[:middle] + bytes(255 - byte for byte in whole[middle : middle + 20]) + whole[middle + 20 :]
    )
    path.write_bytes({"cut": whole[:-20], "flipped": flipped, "another": b"Time,Bid,Ask\n"}[damage])
    with pytest.raises(SourceError, match=rf"a.{packed}.*: Expected "):
        _whole(path)


def test_half_a_character_is_no_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("Time".encode("utf-16") + b"x")
    with pytest.raises(SourceError, match=r"a.csv: Expected UTF-16 text by its byte order mark"):
        _whole(path)


def test_a_full_disk_is_told_of_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(_TEXT.encode()))
    text = TickText(path)
    with (
        disk_that_takes(1_000),
        pytest.raises(
            SetupError, match=r"a.csv.gz: the disk refuses .*: set TMPDIR to a folder that has some"
        ),
        text.open(),
    ):
        pass
