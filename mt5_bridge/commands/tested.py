"""The tested days that a command is given."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from mt5_bridge.attribution.documents import TestedDay, TestedDays
from mt5_bridge.errors import SetupError


def read_tested(path: Path, symbol: str) -> list[TestedDay]:
    """A symbol's, of what `ticklake tested --json` prints; SetupError where there is none."""
    try:
        days = TestedDays.model_validate_json(path.read_bytes()).days
    except ValidationError as error:
        raise SetupError(f"{path}: Expected what `ticklake tested --json` prints, was: {error}") from error
    own = [day for day in days if day.symbol == symbol]
    if not own:
        raise SetupError(
            f"{path}: Expected tested days of {symbol}, was {', '.join({day.symbol for day in days})}"
        )
    return own
