"""`ticklake-bridge export-ea`: what is unpacked, and where it is written."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from mt5_bridge.commands.export_ea import unpacked, write_new
from mt5_bridge.errors import EndpointError, SetupError


def _zip(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_the_files_of_an_expert_are_unpacked() -> None:
    files = {"rules.mqh": b"1", "README.txt": b"2"}
    assert unpacked(_zip(**files)) == files


@pytest.mark.parametrize(
    "name", ["../rules.mqh", "/etc/rules.mqh", "a\\rules.mqh", "run.exe", ".mqh", "a/b.mqh"]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(EndpointError, match="Expected names like"):
        unpacked(_zip(**{name: b"1"}))


def test_what_is_no_zip_is_refused() -> None:
    with pytest.raises(EndpointError, match="Expected the expert's zip"):
        unpacked(b"no zip")


def test_a_file_that_was_damaged_on_the_way_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rules.mqh", b"text " * 100)
    whole = buffer.getvalue()
    at = whole.index(b"rules.mqh") + len(b"rules.mqh")
    for damage in (b"\xff\xff", b"\0\0"):
        with pytest.raises(EndpointError, match="Expected the expert's zip"):
            unpacked(whole[:at] + damage + whole[at + 2 :])


def test_the_same_files_may_be_there_and_others_are_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "expert"
    write_new(folder, {"rules.mqh": b"1"})
    write_new(folder, {"rules.mqh": b"1", "model.mqh": b"2"})
    with pytest.raises(SetupError, match=r"rules\.mqh"):
        write_new(folder, {"clock.mqh": b"3", "rules.mqh": b"4"})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "rules.mqh": b"1",
        "model.mqh": b"2",
    }
