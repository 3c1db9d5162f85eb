"""Where journals lie: `SYMBOL/DAY/0001.journal`, a file a stream, under the endpoint's folder."""

from __future__ import annotations

from pathlib import Path

from ticklake_assets.core.symbol_day import SymbolDay

SUFFIX = ".journal"
_WRITABLE = 0o200


def day_folder(root: Path, day: SymbolDay) -> Path:
    return root / day.symbol / day.trading_day.isoformat()


def newest(root: Path, day: SymbolDay) -> Path | None:
    """The file of a day's newest stream; None where the day was never streamed."""
    return max(day_folder(root, day).glob(f"*{SUFFIX}"), default=None)


def is_sealed(path: Path) -> bool:
    """Whether nothing may be written to the file any more."""
    return not path.stat().st_mode & _WRITABLE
