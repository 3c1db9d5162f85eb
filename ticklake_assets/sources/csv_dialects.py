"""The CSV exports in the wild, recognised by their header."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ticklake_assets.core.errors import SourceError
from ticklake_assets.core.schemas import CSV_HEADER

EPOCH_MS = "epoch milliseconds"
_SHOWN = 120
"""Characters of an unknown header in the error: a file that is no CSV has lines of any length."""


@dataclass(frozen=True)
class Dialect:
    """How one exporter writes ticks."""

    name: str
    header: str
    """As exported; compared without quotes and blanks around names, case and byte order mark."""
    columns: tuple[str, ...]
    """What each column is: a name of `TICK_SCHEMA`, `date` and `time` for a time in two, `flags`, `-` for unused."""
    time_layout: str
    """strptime layout of the time (of `date time`), or `EPOCH_MS`."""
    zone: str = ""
    """Zone of the wall clock; empty where the time itself says UTC or its offset."""
    ahead_hours: int = 0
    """Hours by which the export's clock is ahead of `zone`."""
    units_a_million: float = 1.0
    """What a size of one million base units is written as: 1 or 1000000."""
    separator: str = ","
    carries_forward: bool = False
    """An empty bid or ask means that it did not change."""
    quote_flags: int = 0
    """Bits of the column `flags` of which a row that is a quote has at least one; 0 where every row is one."""
    most_digits: int = 0
    """Digits of a second that a time may have; 0 where more than six are counted and cut."""

    def in_zone(self, zone: str) -> Dialect:
        """Read the wall clock in another zone; times that state their own offset stay as they are."""
        return replace(self, zone=zone, ahead_hours=0) if self.zone and zone else self

    def matches(self, header: str) -> bool:
        return _names(header, self.separator) == _names(self.header, self.separator)


_DUKASCOPY = ("ts_event", "ask", "bid", "ask_size", "bid_size")
_BID_FIRST = ("ts_event", "bid", "ask", "bid_size", "ask_size")
_LINE_END = "\r\n"
_DOTTED = "%d.%m.%Y %H:%M:%S%.f"
_ISO = "%Y-%m-%dT%H:%M:%S%.fZ"

DIALECTS = (
    Dialect("ticklake", CSV_HEADER, _BID_FIRST, _ISO, most_digits=6),
    Dialect("dukascopy", "Time,Ask,Bid,AskVolume,BidVolume", _DUKASCOPY, _DOTTED, zone="UTC"),
    Dialect("dukascopy-gmt", "Gmt time,Ask,Bid,AskVolume,BidVolume", _DUKASCOPY, _DOTTED, zone="UTC"),
    Dialect(
        "dukascopy-local",
        "Local time,Ask,Bid,AskVolume,BidVolume",
        _DUKASCOPY,
        f"{_DOTTED} GMT%z",
    ),
    Dialect(
        "dukascopy-eet",
        "Time (EET),Ask,Bid,AskVolume,BidVolume",
        _DUKASCOPY,
        "%Y.%m.%d %H:%M:%S%.f",
        zone="Europe/Athens",  # Eastern European Time with its summer time
    ),
    Dialect(
        "dukascopy-node",
        "timestamp,askPrice,bidPrice,askVolume,bidVolume",
        _DUKASCOPY,
        EPOCH_MS,
    ),
    Dialect(
        "bid-first",
        "Time,Bid,Ask,BidVolume,AskVolume",
        _BID_FIRST,
        _ISO,
        units_a_million=1e6,
    ),
    Dialect(
        "mt5",
        "<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>",
        ("date", "time", "bid", "ask", "-", "-", "flags"),
        "%Y.%m.%d %H:%M:%S%.f",
        zone="America/New_York",  # most servers close their day with New York: its clock + 7 h
        ahead_hours=7,
        separator="\t",
        carries_forward=True,
        quote_flags=2 | 4,  # a new bid, a new ask; else the row is a trade
    ),
)
"""Every export that can be read; `ticklake` is the landing CSV itself."""


def recognise(header: str, where: str, name: str = "") -> Dialect:
    """Find the dialect that a header belongs to; with `name` only that one will do."""
    known = [dialect for dialect in DIALECTS if dialect.name == name or not name]
    for dialect in known:
        if dialect.matches(header):
            return dialect
    if not known:
        names = ", ".join(dialect.name for dialect in DIALECTS)
        raise SourceError(f"Expected a CSV dialect of {names}, was {name!r}")
    listing = "\n".join(f"  {dialect.name}: {dialect.header!r}" for dialect in known)
    raise SourceError(
        f"{where}: unknown CSV header. Expected one of\n{listing}\nwas {header.strip(_LINE_END)[:_SHOWN]!r}"
    )


def _names(header: str, separator: str) -> list[str]:
    names = header.lstrip("\ufeff").rstrip(_LINE_END).split(separator)
    return [name.strip().strip('"').casefold() for name in names]
