"""The one way to write a whole file: what the bridge needs of `ticklake_assets/files.py`, word for word.

A file is written aside under a name of its own, brought to the disk, and only then given its name: nobody reads half
of it, and a kill or a power cut leaves what was there before.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from secrets import token_hex

_PLACE_ATTEMPTS = 20
_LONGEST_HINT = 50
"""Characters of the place in a hidden name: with 4 bytes each it still fits where the place's own name does."""


def create_file(
    path: Path, data: bytes, *, private: bool = False, aside: Path | None = None
) -> os.stat_result:
    """Write a new file: of several who do so at once one wins, and nothing is ever replaced.

    A `private` file is its owner's alone at every moment, and so is its folder where that is new. `aside` is the
    folder, on the same file system, where the file is written; otherwise it is hidden beside its place. Returns the
    status of what was written.

    Raises FileExistsError where the name is taken, and other OSErrors, which name `path`.
    """
    return _write(path, data, os.link, private=private, aside=aside)


def replace_file(
    path: Path, data: bytes, *, private: bool = False, aside: Path | None = None
) -> os.stat_result:
    """Write a file in the place of what is there, which is never written through; else like `create_file`."""
    return _write(path, data, os.replace, private=private, aside=aside)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the folder's names; Windows has no such call and needs none.

    Like Postgres, it is content where the system refuses: a folder that we may write and not read, and a file system
    that has no such call.
    """
    if sys.platform != "win32":
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except PermissionError:
            return
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.EBADF, errno.EOPNOTSUPP}:
                raise
        finally:
            os.close(descriptor)


def _write(
    path: Path, data: bytes, place: Callable[[Path, Path], None], *, private: bool, aside: Path | None
) -> os.stat_result:
    hidden = f".{path.name[:_LONGEST_HINT]}.{token_hex(8)}.tmp"
    temporary = aside / token_hex(16) if aside else path.with_name(hidden)
    file_mode, folder_mode = (0o600, 0o700) if private else (0o666, 0o777)
    renewed = {path.parent}
    try:
        renewed |= _make_folder(temporary.parent, folder_mode)
        try:
            with open(temporary, "xb", opener=partial(os.open, mode=file_mode)) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                written = os.fstat(file.fileno())
            renewed |= _place(temporary, path, place, folder_mode)
        finally:
            temporary.unlink(missing_ok=True)
        for folder in renewed:
            with suppress(FileNotFoundError):  # whoever has removed the folder since has removed the file
                sync_folder(folder)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    return written


def _place(temporary: Path, path: Path, place: Callable[[Path, Path], None], folder_mode: int) -> set[Path]:
    """Give the file its name, in a folder that others tidy away while it is empty; like `_make_folder`."""
    renewed: set[Path] = set()
    for attempts_left in reversed(range(_PLACE_ATTEMPTS)):
        try:
            renewed |= _make_folder(path.parent, folder_mode)
            place(temporary, path)
            break
        except FileNotFoundError:
            if not attempts_left:
                raise
    return renewed


def _make_folder(folder: Path, mode: int) -> set[Path]:
    """Make it and what is missing above it, which gets the usual mode; returns the folders with new names in them."""
    if folder.is_dir() or folder.parent == folder:
        return set()
    renewed = _make_folder(folder.parent, 0o777)
    with suppress(FileExistsError):  # another made it meanwhile; a file there refuses the next step
        folder.mkdir(mode)
    return renewed | {folder.parent}
