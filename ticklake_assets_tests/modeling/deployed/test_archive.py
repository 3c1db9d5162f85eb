from __future__ import annotations

import io
import zipfile

import pytest

from ticklake_assets.core.errors import BundleError
from ticklake_assets.modeling.deployed import archive
from ticklake_assets.modeling.deployed.archive import read_archive, write_archive

MEMBERS = {"b.txt": b"two", "a.txt": b"one"}


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return buffer.getvalue()


def test_members_come_back_and_order_does_not_matter() -> None:
    data = write_archive(MEMBERS)
    assert read_archive(data, set(MEMBERS), "parcel") == MEMBERS
    assert write_archive(dict(sorted(MEMBERS.items()))) == data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no zip at all", "cannot be read"),
        (write_archive(MEMBERS)[:-30], "cannot be read"),
        (write_archive({**MEMBERS, "c.txt": b""}), "other members"),
        (write_archive({"a.txt": b"one"}), "other members"),
        (zipped(MEMBERS, zipfile.ZIP_DEFLATED), "compressed"),
        (zipped(MEMBERS), "around its members"),
        (write_archive(MEMBERS) + b"\n", "around its members"),
        (b"0" * (archive.LARGEST + 1), "too large"),
    ],
    ids=["text", "cut", "more", "fewer", "deflated", "times", "trailing", "large"],
)
def test_any_other_bytes_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BundleError, match=reason):
        read_archive(data, set(MEMBERS), "parcel")


def test_every_flipped_byte_is_noticed_or_changes_a_member() -> None:
    data = write_archive(MEMBERS)
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 0x55
        with pytest.raises(BundleError):
            read_archive(bytes(changed), set(MEMBERS), "parcel")
