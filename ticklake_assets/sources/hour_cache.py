"""Downloaded hours as they came, so that an interrupted download goes on where it stopped."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ticklake_assets.core.errors import SetupError


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
        aside = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with aside.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                aside.replace(target)
            finally:
                aside.unlink(missing_ok=True)
        except OSError as error:
            raise SetupError(
                f"{target}: the disk refuses a downloaded hour ({error.strerror}). "
                f"Expected a writable folder with {len(data):,} bytes free"
            ) from error
