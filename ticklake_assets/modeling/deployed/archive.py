"""A deterministic zip: the same members give the same bytes, and no other bytes are accepted."""

from __future__ import annotations

import io
import zipfile

from ticklake_assets.core.errors import BundleError

LARGEST = 64 * 2**20
"""Bytes of an archive beyond which nothing is read."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip can hold, for every member."""


def write_archive(members: dict[str, bytes]) -> bytes:
    """Store members uncompressed, sorted by name, without times or modes of this machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(members.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def read_archive(data: bytes, expected: set[str], what: str) -> dict[str, bytes]:
    """Read exactly the expected members; an archive that `write_archive` would not write is refused."""
    if len(data) > LARGEST:
        raise BundleError(f"The {what} is too large. Expected at most {LARGEST} bytes, was {len(data)}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = sorted(archive.namelist())
            if found != sorted(expected):
                raise BundleError(f"The {what} has other members. Expected {sorted(expected)}, was {found}")
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                raise BundleError(f"The {what} is compressed. Expected stored members, was deflated")
            members = {name: archive.read(name) for name in found}
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise BundleError(
            f"The {what} cannot be read. Expected a zip of {sorted(expected)}: {error}"
        ) from None
    if write_archive(members) != data:
        raise BundleError(
            f"The {what} was changed around its members. Expected canonical bytes, was other ones"
        )
    return members
