"""Files where strangers put some: regular ones are read; a pipe would block, a link lead to what is not meant."""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from ticklake_assets.core.errors import SourceError

_log = logging.getLogger(__name__)
_KINDS = {stat.S_IFDIR: "folder", stat.S_IFLNK: "link", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}


def read_plain(path: Path) -> bytes:
    """The content of a regular file; SourceError for anything else, without a wait and without following it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:  # a link, a socket
            raise _not_plain(path, path.lstat().st_mode) from None
        raise
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise _not_plain(path, mode)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def plain_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Those that are regular files; any other is named in the log and passed over, one that is gone without a word."""
    for path in paths:
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            continue
        if stat.S_ISREG(mode):
            yield path
        else:
            _log.warning("%s", _not_plain(path, mode))


def _not_plain(path: Path, mode: int) -> SourceError:
    kind = _KINDS.get(stat.S_IFMT(mode), "device")
    return SourceError(f"{path} is passed over. Expected a regular file, was a {kind}")
