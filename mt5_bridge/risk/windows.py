"""Times in which nothing is entered."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mt5_bridge.risk.words import SymbolTerms

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CLOCK = re.compile(rf"(?:({'|'.join(_DAYS)}) )?([01]\d|2[0-3]):([0-5]\d)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
_OF = re.compile(r"\*|[A-Z0-9.]{3,12}")
_DAY_MINUTES = 1440


class _Turn(NamedTuple):
    """A time that comes again: its minute, of the day or of the week."""

    minute: int
    is_weekly: bool


class Span(BaseModel):
    """From a start to an end, by the clock of a zone."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    start: str
    end: str
    zone: str = "UTC"

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (LookupError, ValueError, OSError):
            raise ValueError(f"Expected a time zone like America/New_York, was {name!r}") from None
        return name

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self._moments is None and self._turns is None:
            raise ValueError(f"Expected start and end of one form, was {self.start!r} and {self.end!r}")
        is_backwards = self._moments is not None and self._moments[0] > self._moments[1]
        if self.start == self.end or is_backwards:
            raise ValueError(f"Expected a start before its end, was {self.start!r} and {self.end!r}")
        return self

    def covers(self, ts_us: int) -> bool:
        moment = datetime.fromtimestamp(ts_us // 1_000_000, UTC)
        if self._moments is not None:
            return self._moments[0] <= moment < self._moments[1]
        assert self._turns is not None
        first, last = self._turns
        local = moment.astimezone(ZoneInfo(self.zone))
        minute = local.hour * 60 + local.minute + first.is_weekly * local.weekday() * _DAY_MINUTES
        if first.minute < last.minute:
            return first.minute <= minute < last.minute
        return minute >= first.minute or minute < last.minute  # over midnight, or over Sunday's

    def __str__(self) -> str:
        return f"{self.start} to {self.end} {self.zone}"

    @property
    def last_moment(self) -> datetime | None:
        """When it is over for good; None of one that comes again."""
        return self._moments[1] if self._moments else None

    @cached_property
    def _moments(self) -> tuple[datetime, datetime] | None:
        first, last = _bound(self.start, self.zone, fold=0), _bound(self.end, self.zone, fold=1)
        return (first, last) if isinstance(first, datetime) and isinstance(last, datetime) else None

    @cached_property
    def _turns(self) -> tuple[_Turn, _Turn] | None:
        first, last = _bound(self.start, self.zone, fold=0), _bound(self.end, self.zone, fold=1)
        if isinstance(first, datetime) or isinstance(last, datetime):
            return None
        return (first, last) if first.is_weekly == last.is_weekly else None


class Window(Span):
    """A span in which some symbols are not entered."""

    kind: Literal["news", "rollover"]
    of: tuple[str, ...] = Field(strict=False, min_length=1)
    note: str = ""

    @field_validator("of")
    @classmethod
    def _are_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not _OF.fullmatch(name):
                raise ValueError(f"Expected symbols or currencies like EURUSD or USD, or *, was {name!r}")
        return names

    def concerns(self, terms: SymbolTerms) -> bool:
        return bool({"*", terms.symbol, terms.base, terms.quote} & set(self.of))


def _bound(text: str, zone: str, fold: int) -> datetime | _Turn:
    """An hour that the clock repeats is inside as a whole: it starts at its first pass and ends at its second."""
    if found := _CLOCK.fullmatch(text):
        day, hour, minute = found.groups()
        start = _DAYS.index(day) * _DAY_MINUTES if day else 0
        return _Turn(start + int(hour) * 60 + int(minute), day is not None)
    if _MOMENT.fullmatch(text):
        try:
            return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)
        except ValueError as error:
            raise ValueError(f"Expected a moment that exists, was {text!r} ({error})") from None
    raise ValueError(f"Expected a time like 16:55, Fri 16:30 or 2024-01-05T08:25, was {text!r}")
