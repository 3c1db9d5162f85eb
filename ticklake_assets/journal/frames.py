"""Frames of a journal file: how bytes are written so that a torn or a changed one is seen.

A file is `MAGIC` and frames: length of the payload and its crc32 (little-endian u32 each), the kind (u8), the payload.
The checksum begins with the kind, from 1, so that a hole of zeros is no frame. A frame is whole or it is not there:
what a killed writer left at the end is *torn* and cut; where a frame is wrong and good ones follow, the file was
changed, and is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from ticklake_assets.core.errors import DataError

MAGIC = b"ticklake journal 1\n"
HEADER, BATCH, CONTROL = range(1, 4)
"""Kinds of frames: what the file is; ticks with what came of them; what was decided about the day."""

_HEAD = struct.Struct("<IIB")
LARGEST_PAYLOAD = 64 * 1024 * 1024


class Frame(NamedTuple):
    offset: int
    """Of its first byte in the file."""
    end: int
    kind: int
    payload: bytes


def frame(kind: int, payload: bytes) -> bytes:
    """The frame's bytes."""
    return _HEAD.pack(len(payload), crc32(payload, kind), kind) + payload


def read_frames(path: Path, content: bytes | None = None) -> Iterator[Frame]:
    """The whole frames of a file, in order; a torn one at the end is left out.

    Raises:
        DataError: no journal, or a frame before the end whose checksum is wrong.
    """
    content = path.read_bytes() if content is None else content
    if not content.startswith(MAGIC):
        if MAGIC.startswith(content):
            return  # killed before the first write was whole
        raise DataError(f"{path}: Expected a journal, was a file that begins with {content[: len(MAGIC)]!r}")
    offset = len(MAGIC)
    while (found := _frame_at(content, offset)) is not None:
        yield found
        offset = found.end
    if _has_frame_behind(content, offset):
        raise DataError(
            f"{path}: the frame at byte {offset} was changed. Expected the checksum that it was written with, "
            "was another, and whole frames follow"
        )


def _frame_at(content: bytes, offset: int) -> Frame | None:
    if offset + _HEAD.size > len(content):
        return None
    length, checksum, kind = _HEAD.unpack_from(content, offset)
    start, end = offset + _HEAD.size, offset + _HEAD.size + length
    if not 0 < length <= LARGEST_PAYLOAD or end > len(content) or kind not in (HEADER, BATCH, CONTROL):
        return None
    payload = content[start:end]
    return Frame(offset, end, kind, payload) if crc32(payload, kind) == checksum else None


def _has_frame_behind(content: bytes, offset: int) -> bool:
    """Whether a whole frame starts anywhere behind a broken one: where its length says, or at any later byte."""
    return any(_frame_at(content, at) is not None for at in range(offset + 1, len(content) - _HEAD.size))
