"""Files in a landing folder."""

from __future__ import annotations

from pathlib import Path

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.symbol_day import SymbolDay


def land(landing: Path, day: SymbolDay, data: bytes, revision: int = 1) -> Path:
    """Publish a file as landing does: written aside, then visible at once."""
    path = waiting_path(landing, day, revision)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.tmp")
    aside.write_bytes(data)
    aside.replace(path)
    return path


def waiting_path(landing: Path, day: SymbolDay, revision: int = 1) -> Path:
    return landing / raw_key(day, revision).removeprefix("raw/")


def contents(folder: Path) -> list[bytes]:
    """Contents of every file below, those of hidden names too."""
    return sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())
