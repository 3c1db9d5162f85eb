"""Where a kernel in a zip archive, as Spark ships the package to its workers, finds what was compiled before.

numba's own place follows the archive's path, which is another one in every session: compiled again each time, and
kept for ever. Here it is one folder, and the text of the kernel's file says whether what lies there still fits.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from numba import config
from numba.core.caching import ZipCacheLocator


class OneFolder(ZipCacheLocator):
    """Under the user's cache; where nothing can be written there, a folder for this process alone."""

    def __init__(self, py_func: object, py_file: str) -> None:
        super().__init__(py_func, py_file)  # type: ignore[no-untyped-call]
        self._cache_path = str(Path(self._cache_path).with_name("ticklake"))
        try:
            self.ensure_cache_path()  # type: ignore[no-untyped-call]
        except OSError:
            self._cache_path = tempfile.mkdtemp(prefix="ticklake-")


if ".zip" in __file__:
    config.CACHE_LOCATOR_CLASSES = f"{__name__}.{OneFolder.__name__}"  # type: ignore[attr-defined]
