"""Downloaded hours as they came, so that an interrupted download goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import replace_file


class HourCache:
    """Raw bytes by path below a folder; a file is there whole or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, path: str) -> bytes | None:
        """Return the bytes, empty for an hour without ticks, or None where the hour was not fetched."""
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, path: str, data: bytes) -> None:
        """Keep an hour. Raises SetupError when the disk refuses."""
        target = self._root / path
        try:
            replace_file(target, data)
        except OSError as error:
            raise SetupError(
                f"{target}: the disk refuses a downloaded hour ({error.strerror}). "
                f"Expected a writable folder with {len(data):,} bytes free"
            ) from error
