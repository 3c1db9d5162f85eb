"""What a CSV dialect is: how one exporter writes ticks, as its TOML file declares it."""

from __future__ import annotations

from collections import Counter
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

EPOCH_US = {
    "epoch seconds": 1_000_000.0,
    "epoch milliseconds": 1_000.0,
    "epoch microseconds": 1.0,
    "epoch nanoseconds": 0.001,
}
"""Times since 1970 UTC by their name, and the microseconds of their unit."""
SINCE_MIDNIGHT = "milliseconds since midnight"
"""The day is in the file's name."""
ISO_UTC = "%Y-%m-%dT%H:%M:%S%.fZ"
COLUMNS = ("time", "date", "bid", "ask", "bid_size", "ask_size", "flags", "symbol")
_MILLION = 1_000_000


class Dialect(BaseModel):
    """How one exporter writes ticks."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    name: str
    """The name of its file."""
    about: str
    columns: tuple[str, ...]
    """What each column is: one of `COLUMNS`, or `-` for unused. A time in two columns is `date` and `time`."""
    times: tuple[str, ...] = Field(min_length=1)
    """Layouts of the time (of `date time`): strptime's, `EPOCH_US`, `SINCE_MIDNIGHT`. A file keeps to one of them."""
    header: str = ""
    """As exported; compared without quotes and blanks around names, case and byte order mark. Empty: there is none."""
    files: str = ""
    """Pattern that a file's name must meet, where the rows alone can't tell; for files without a header."""
    delimiter: str = Field(",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    zone: str = ""
    """Zone of the wall clock; empty where the time itself says UTC or its offset."""
    ahead_hours: int = Field(0, ge=-24, le=24)
    """Hours by which the export's clock is ahead of `zone`."""
    size_unit: float = Field(_MILLION, gt=0)
    """Base units that a size of 1 stands for: a million, 100000 for lots of a currency, 1 for units."""
    price_scale: float = Field(1, gt=0)
    """The file's prices are divided by it: 100000 where 1.38676 is written as 138676."""
    carries_forward: bool = False
    """An empty bid or ask means that it did not change."""
    quote_flags: int = Field(0, ge=0)
    """Bits of the column `flags` of which a row that is a quote has at least one; 0 where every row is one."""
    most_digits: int = Field(0, ge=0)
    """Digits of a second that a time may have; 0 where more than six are counted and cut."""
    drop_repeats: bool = False
    """Leave out rows that repeat the row before but for their time; they are counted."""

    @property
    def time_layout(self) -> str:
        """The layout of the file's times; of a dialect with several, the first."""
        return self.times[0]

    @property
    def units_a_million(self) -> float:
        """What a size of one million base units is written as."""
        return _MILLION / self.size_unit

    @property
    def shown_header(self) -> str:
        """The header, or the columns where there is none; on one line."""
        return self.header.replace("\t", " ") or f"(none) {self.delimiter.join(self.columns)}"

    @property
    def shown_zone(self) -> str:
        ahead = f" + {self.ahead_hours} h" if self.ahead_hours else ""
        return f"{self.zone}{ahead}" or "in each time"

    def in_zone(self, zone: str) -> Dialect:
        """Read the wall clock in another zone; times that state their own offset stay as they are."""
        return self.model_copy(update={"zone": zone, "ahead_hours": 0}) if self.zone and zone else self

    def with_layout(self, layout: str) -> Dialect:
        """The dialect of a file whose times have this layout."""
        return self if self.times == (layout,) else self.model_copy(update={"times": (layout,)})

    def matches(self, header: str) -> bool:
        return bool(self.header) and names_in(header, self.delimiter) == names_in(self.header, self.delimiter)

    @field_validator("times")
    @classmethod
    def _are_layouts(cls, times: tuple[str, ...]) -> tuple[str, ...]:
        named = [*EPOCH_US, SINCE_MIDNIGHT]
        for layout in times:
            # %f and %9f read digits of which nobody would say that they were cut.
            if layout not in named and ("%" not in layout or "%f" in layout or "%9f" in layout):
                raise ValueError(
                    f"Expected {', '.join(named)}, or a layout like %Y-%m-%d %H:%M:%S%.f or %H%M%S%3f, was {layout!r}"
                )
        return times

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        try:
            return zone and ZoneInfo(zone).key
        except (LookupError, ValueError, OSError):  # OSError: a folder of zones, like `America`
            raise ValueError(f"Expected a time zone like Europe/Athens or Etc/GMT-2, was {zone!r}") from None

    @model_validator(mode="after")
    def _is_whole(self) -> Dialect:
        uses = Counter(self.columns)
        if unknown := sorted(uses.keys() - {*COLUMNS, "-"}):
            raise ValueError(f"columns: Expected {', '.join(COLUMNS)} or -, was {unknown[0]!r}")
        if twice := [name for name, count in uses.items() if count > 1 and name != "-"]:
            raise ValueError(f"columns: Expected each of them once, was {twice[0]} twice")
        if missing := [name for name in ("time", "bid", "ask") if name not in uses]:
            raise ValueError(f"columns: Expected {missing[0]}, was absent")
        if self.header and len(names_in(self.header, self.delimiter)) != len(self.columns):
            count = len(names_in(self.header, self.delimiter))
            raise ValueError(
                f"columns: Expected one for each of the header's {count}, was {len(self.columns)}"
            )
        if self.quote_flags and "flags" not in uses:
            raise ValueError("quote_flags: Expected a column flags, was none")
        if (clock := next(filter(is_wall_clock, self.times), "")) and not self.zone:
            raise ValueError(f"zone: Expected the zone of {clock!r}, like UTC or Europe/Athens, was none")
        return self


def is_wall_clock(layout: str) -> bool:
    """Whether a time of this layout needs a zone to be a moment."""
    return layout not in EPOCH_US and "%z" not in layout and not layout.endswith("Z")


def names_in(header: str, delimiter: str) -> list[str]:
    """The names of a header as they are compared."""
    names = header.lstrip("\ufeff").rstrip("\r\n").split(delimiter)
    return [name.strip().strip('"').casefold() for name in names]
