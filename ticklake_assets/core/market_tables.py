"""Which instruments and calendars there are: the package's, and those of the file that TICKLAKE_INSTRUMENTS names.

Read once a process, at the first question: importing this reads nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ticklake_assets.core.calendar_rules import CalendarRules
from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.home_files import elsewhere, of_home

if TYPE_CHECKING:
    from ticklake_assets.core.market_schema import InstrumentEntry

INSTRUMENTS_VARIABLE = "TICKLAKE_INSTRUMENTS"
USUAL_FILE = "instruments.toml"
"""Of TICKLAKE_HOME: taken where it is there and no variable names another."""
MARKET = files("ticklake_assets.core") / "market"


@dataclass(frozen=True)
class MarketTables:
    """Instruments and calendars by name."""

    instruments: dict[str, InstrumentEntry] = field(default_factory=dict)
    calendars: dict[str, CalendarRules] = field(default_factory=dict)


def place_of_own() -> Path:
    """Where the user's own file is, or would be."""
    return of_home(os.environ.get(INSTRUMENTS_VARIABLE) or USUAL_FILE)


def own_file() -> Path | None:
    """The user's own file: the one that is named, whether it is there or not, or the usual one where it is there."""
    place = place_of_own()
    return place if os.environ.get(INSTRUMENTS_VARIABLE) or place.is_file() else None


def market_tables() -> MarketTables:
    """All that may be asked for."""
    return with_own(own_file())


@cache
def built_in() -> MarketTables:
    """What comes with the package."""
    from ticklake_assets.core.market_schema import read_calendars, read_instruments  # pydantic takes a while

    calendars = read_calendars("calendars.toml", (MARKET / "calendars.toml").read_text(encoding="utf-8"))
    text = (MARKET / "instruments.toml").read_text(encoding="utf-8")
    return read_instruments("instruments.toml", text, MarketTables({}, calendars))


@cache
def with_own(file: Path | None) -> MarketTables:
    """The package's and a file's; SetupError where there is no such file, or it is not one of instruments."""
    if file is None:
        return built_in()
    from ticklake_assets.core.market_schema import read_instruments

    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise SetupError(
            f"{INSTRUMENTS_VARIABLE}: Expected a TOML file of instruments, was {file}: {error.strerror}"
            + elsewhere(os.environ.get(INSTRUMENTS_VARIABLE) or file)
        ) from None
    except UnicodeDecodeError:
        raise SetupError(f"{INSTRUMENTS_VARIABLE}: Expected UTF-8, was {file}") from None
    return read_instruments(str(file), text, built_in())
