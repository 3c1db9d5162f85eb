"""Where journals lie: `SYMBOL/DAY/0001.journal`, a file a stream, under the endpoint's folder.

What has another name, a copy that somebody made say, is no journal of a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.frames import CONTROL, frame

SUFFIX = ".journal"
SEALED = b'{"what":"sealed"}'
"""The control that ends a file."""
_SEAL = frame(CONTROL, SEALED)
_WRITABLE = 0o200


def day_folder(root: Path, day: SymbolDay) -> Path:
    return root / day.symbol / day.trading_day.isoformat()


def streamed_days(root: Path, symbol: str = "*") -> Iterator[SymbolDay]:
    """Symbol-days that have a folder, of one symbol or all, in order."""
    for folder in sorted(root.glob(f"{symbol}/????-??-??")):
        with suppress(ValueError):
            yield SymbolDay(folder.parent.name, date.fromisoformat(folder.name))


def stream_files(root: Path, day: SymbolDay) -> list[Path]:
    """The files of a day's streams, the oldest first."""
    found = (path for path in day_folder(root, day).glob(f"*{SUFFIX}") if path.stem.isdecimal())
    return sorted(found, key=lambda path: int(path.stem))


def newest(root: Path, day: SymbolDay) -> Path | None:
    """The file of a day's newest stream; None where the day was never streamed."""
    files = stream_files(root, day)
    return files[-1] if files else None


def is_sealed(path: Path) -> bool:
    """Whether nothing may be written to the file any more, also where its writer was killed before it locked it."""
    if not path.stat().st_mode & _WRITABLE:
        return True
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - len(_SEAL)))
        return file.read() == _SEAL
