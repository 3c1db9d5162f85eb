"""The schema of the files of instruments and calendars: an unknown key, or a wrong value, is named with its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import time
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ticklake_assets.core.calendar_rules import CalendarRules, Holiday, WeekSession
from ticklake_assets.core.cost_terms import Kind, expect_terms
from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.holidays import day_in
from ticklake_assets.core.market_tables import MarketTables

SOURCES = ("dukascopy", "dukascopy-bi5", "mt5")
"""Whose codes of a symbol may differ from its own."""
SYMBOL = re.compile(r"[A-Z0-9]{3,12}")
CALENDARS = "calendars"
_COMMON_YEAR = 2023
"""Without a 29 February: a calendar's days are asked for in every year."""
_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class WindowsEntry(_Table):
    """Default windows, calendar days."""

    train_days: int = Field(ge=1)
    validate_days: int = Field(ge=1)
    test_days: int = Field(ge=1)


class InstrumentEntry(_Table):
    """What a file says of a symbol, which is the table's name; `core.instruments.Instrument` has the units."""

    kind: Kind
    calendar: str
    digits: int = Field(ge=0, le=9)
    pip: float = Field(gt=0)
    min_open_ticks: int = Field(ge=1)
    windows: WindowsEntry
    stops_level_points: int = Field(0, ge=0)
    tick_points: int = Field(1, ge=1)
    base: str = Field("", pattern=r"^[A-Z0-9.]*$")
    quote: str = Field("", pattern=r"^[A-Z]{0,3}$")
    codes: dict[str, str] = {}
    price_range: list[float] = []
    price: float | None = Field(None, gt=0)
    quote_in_usd: float | None = Field(None, gt=0)
    costs: dict[str, Any] = {}
    about: str = ""

    @field_validator("codes")
    @classmethod
    def _of_sources(cls, codes: dict[str, str]) -> dict[str, str]:
        for source, code in codes.items():
            if source not in SOURCES:
                raise ValueError(f"Expected codes of {', '.join(SOURCES)}, was {source!r}")
            if not re.fullmatch(r"[A-Za-z0-9._#+-]+", code):
                raise ValueError(f"Expected a code like USA500.IDX-USD for {source}, was {code!r}")
        return codes

    @field_validator("price_range")
    @classmethod
    def _is_a_range(cls, bounds: list[float]) -> list[float]:
        if bounds and not (len(bounds) == 2 and 0 < bounds[0] < bounds[1]):
            raise ValueError(f"Expected two prices, the lower one first, was {bounds}")
        return bounds

    @field_validator("costs")
    @classmethod
    def _are_terms(cls, costs: dict[str, Any]) -> dict[str, Any]:
        try:
            return expect_terms("of the instrument", "costs", costs)
        except SetupError as error:
            raise ValueError(str(error)) from None

    @model_validator(mode="after")
    def _pip_is_on_the_grid(self) -> Self:
        points = self.pip * 10**self.digits
        if points < 0.5 or abs(points - round(points)) > 1e-6:
            raise ValueError(
                f"Expected a pip of whole points, which are {float(f'1e-{self.digits}'):g}, was {self.pip:g}"
            )
        return self


class _HolidayEntry(_Table):
    on: str
    from_: str | None = Field(None, alias="from", pattern=_CLOCK)
    from_eve: str | None = Field(None, pattern=_CLOCK)
    to: str | None = Field(None, pattern=_CLOCK)
    observed: bool = False

    @field_validator("on")
    @classmethod
    def _is_a_day(cls, name: str) -> str:
        day_in(name, _COMMON_YEAR)
        return name

    @model_validator(mode="after")
    def _has_one_start(self) -> Self:
        if self.from_ and self.from_eve:
            raise ValueError("Expected `from` or `from_eve`, was both")
        if self.from_ and self.to and self.from_ >= self.to:
            raise ValueError(f"Expected `from` before `to`, was {self.from_} to {self.to}")
        return self

    def holiday(self) -> Holiday:
        start = time.fromisoformat(self.from_ or self.from_eve or "00:00")
        end = time.fromisoformat(self.to) if self.to else None
        return Holiday(self.on, start, self.from_eve is not None, end, self.observed)


class CalendarEntry(_Table):
    """What a file says of a calendar; `core.calendar_rules.CalendarRules`."""

    about: str
    zone: str
    sessions: list[str] = Field(min_length=1)
    closed: list[_HolidayEntry] = []
    silent: list[_HolidayEntry] = []
    empty_days: list[str] = []

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"Expected a zone like America/New_York, was {name!r}") from None
        return name

    @field_validator("sessions")
    @classmethod
    def _are_sessions(cls, texts: list[str]) -> list[str]:
        for text in texts:
            WeekSession.parse(text)
        return texts

    @field_validator("empty_days")
    @classmethod
    def _are_days(cls, names: list[str]) -> list[str]:
        for name in names:
            day_in(name, _COMMON_YEAR)
        return names

    def rules(self, name: str) -> CalendarRules:
        return CalendarRules(
            name,
            self.about,
            self.zone,
            tuple(WeekSession.parse(text) for text in self.sessions),
            tuple(each.holiday() for each in self.closed),
            tuple(each.holiday() for each in self.silent),
            tuple(self.empty_days),
        )


_Entry = TypeVar("_Entry", InstrumentEntry, CalendarEntry)


def read_calendars(file: str, text: str) -> dict[str, CalendarRules]:
    """A file of calendars alone."""
    return {
        name: _checked(CalendarEntry, file, name, table).rules(name)
        for name, table in _toml(file, text).items()
    }


def read_instruments(file: str, text: str, known: MarketTables) -> MarketTables:
    """A file of instruments, which may hold `[calendars.NAME]` of its own, beside what is known; its symbols win.

    Raises:
        SetupError: it is no TOML, or a table, a key or a value is wrong: file and place are named.
    """
    tables = _toml(file, text)
    calendars = {
        name: _checked(CalendarEntry, file, f"{CALENDARS}.{name}", table).rules(name)
        for name, table in _tables(file, tables.pop(CALENDARS, {})).items()
    }
    if taken := sorted(calendars.keys() & known.calendars.keys()):
        raise SetupError(
            f"{file}: [{CALENDARS}.{taken[0]}]: Expected a name of its own, was one that comes along"
        )
    calendars = known.calendars | calendars
    entries = {symbol: _entry(file, symbol, table, calendars) for symbol, table in tables.items()}
    return MarketTables(known.instruments | entries, calendars)


def _entry(file: str, symbol: str, table: Any, calendars: dict[str, CalendarRules]) -> InstrumentEntry:
    if not SYMBOL.fullmatch(symbol):
        raise SetupError(f"{file}: [{symbol}]: Expected a symbol of 3 to 12 capital letters and digits")
    entry = _checked(InstrumentEntry, file, symbol, table)
    if entry.calendar not in calendars:
        raise SetupError(
            f"{file}: {symbol}.calendar: Expected one of {', '.join(sorted(calendars))}, was {entry.calendar!r}"
        )
    if not (entry.base and entry.quote) and not re.fullmatch(r"[A-Z0-9]{3,}[A-Z]{3}", symbol):
        raise SetupError(
            f"{file}: [{symbol}]: Expected `base` and `quote`, since the symbol does not tell them"
        )
    return entry


def _toml(file: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SetupError(f"{file}: Expected TOML, was {error}") from None


def _tables(file: str, table: Any) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise SetupError(f"{file}: Expected tables [{CALENDARS}.NAME], was {table!r:.80}")
    return table


def _checked(kind: type[_Entry], file: str, place: str, table: Any) -> _Entry:
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        raise SetupError(f"{file}: {_said(kind, place, error)}") from None


def _said(kind: type[BaseModel], place: str, error: ValidationError) -> str:
    first = _most_telling(error)
    inside = [str(part) for part in first["loc"]]
    where = ".".join([place, *inside])
    if first["type"] == "extra_forbidden":
        keys = ", ".join(sorted(kind.model_fields)) if len(inside) == 1 else "a key of the schema"
        return f"{where}: Expected {keys}"
    if first["type"] == "missing":
        return f"{where}: Expected a value, was absent"
    if first["type"] == "value_error":
        return f"{where}: {first['ctx']['error']}"
    return f"{where}: Expected {first['msg'].removeprefix('Input should be ')}, was {first['input']!r:.80}"


def _most_telling(error: ValidationError) -> Mapping[str, Any]:
    """A misspelt key is missing under its own name, too: the word that stands there is what helps."""
    found = error.errors()
    return next((each for each in found if each["type"] == "extra_forbidden"), found[0])
