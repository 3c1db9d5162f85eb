"""The text of a table, whatever it is packed in: UTF-8 that can be read at any place."""

from __future__ import annotations

import codecs
import gzip
import tempfile
import weakref
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from io import SEEK_END
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from ticklake_assets.core.errors import SetupError, SourceError
from ticklake_assets.sources.archives import archive_of, chunks_of, packed_bytes, table_at
from ticklake_assets.sources.bounds import LONGEST_LINE, within
from ticklake_assets.sources.parquet_text import PARQUET, parquet_lines

GZIP = ".gz"
_CHUNK = 1 << 20
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class TickText:
    """A table's text. What isn't UTF-8 already is unpacked once, a chunk at a time, into a file without a name."""

    def __init__(self, path: Path) -> None:
        """`path` may lead into a zip archive. SourceError where what it leads to is damaged."""
        self.path = path
        self._archive, self._member = archive_of(table_at(path))
        self._kind = self._archive.suffix.lower()
        self._unpacked: BinaryIO | None = None
        self.head = next(self._utf8(), b"")[:LONGEST_LINE]
        """Its first lines: all that a dialect is recognised by."""

    @property
    def is_parquet(self) -> bool:
        return self._kind == PARQUET

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The text from its start."""
        if self._is_packed:
            if self._unpacked is None:
                self._unpacked = self._unpack()
                weakref.finalize(self, self._unpacked.close)
            self._unpacked.seek(0)
            yield self._unpacked
        else:
            with self.path.open("rb") as file:
                yield file

    def read(self, start: int, end: int) -> bytes:
        with self.open() as file:
            file.seek(start)
            return file.read(end - start)

    def blocks(self, start: int, size: int) -> Iterator[bytes]:
        """Whole lines from `start` on, about `size` bytes at a time; SourceError for a line without an end."""
        with self.open() as file:
            file.seek(start)
            while block := file.read(size):
                rest = file.readline(LONGEST_LINE)
                if len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
                    raise SourceError(
                        f"{self.path}: Expected lines of at most {LONGEST_LINE >> 10} KiB, was a longer one"
                    )
                yield block + rest

    @property
    def size(self) -> int:
        with self.open() as file:
            return file.seek(0, SEEK_END)

    def release(self) -> None:
        """Give the disk back; what is read later is unpacked again."""
        if self._unpacked is not None:
            self._unpacked.close()
            self._unpacked = None

    def _unpack(self) -> BinaryIO:
        target = cast(BinaryIO, tempfile.TemporaryFile(prefix="ticklake-"))  # noqa: SIM115 - `release` closes it
        try:
            for chunk in self._utf8():
                target.write(chunk)
            target.flush()
        except OSError as error:
            target.close()
            raise SetupError(
                f"{self.path}: the disk refuses to unpack it ({error.strerror or error}). "
                f"Expected room in {tempfile.gettempdir()}: set TMPDIR to a folder that has some"
            ) from None
        except BaseException:
            target.close()
            raise
        return target

    def _utf8(self) -> Iterator[bytes]:
        if self.is_parquet:
            lines = parquet_lines(self._archive)
            head = next(lines) + next(lines, b"")  # the header with the first rows
            return within(chain([head], lines), self._archive.stat().st_size, self.path)
        return _decoded(within(self._packed(), self._packed_bytes(), self.path), self.path)

    def _packed(self) -> Iterator[bytes]:
        if self._member:
            return chunks_of(self._archive, self._member, _CHUNK)
        return _gunzipped(self._archive) if self._kind == GZIP else _chunks(self._archive)

    def _packed_bytes(self) -> int:
        return packed_bytes(self._archive, self._member) if self._member else self._archive.stat().st_size

    @cached_property
    def _is_packed(self) -> bool:
        if self._kind in (PARQUET, GZIP) or self._member:
            return True
        with self._archive.open("rb") as file:
            return file.read(2) in _UTF16


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _gunzipped(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise SourceError(f"{path}: Expected a sound gzip file, was not ({error})") from None


def _decoded(chunks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """UTF-8 of what may be UTF-16 by its byte order mark."""
    first = next(chunks, b"")
    if first[:2] not in _UTF16:
        return chain([first], chunks)
    return _from_utf16(chain([first], chunks), path)


def _from_utf16(chunks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode()
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise SourceError(f"{path}: Expected UTF-16 text by its byte order mark, was not ({error})") from None
