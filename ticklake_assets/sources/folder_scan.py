"""Find one symbol's tick files in a folder: bi5 trees, JSON hours, tables in files and archives."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from ticklake_assets.core.errors import SetupError, SourceError
from ticklake_assets.core.instruments import INSTRUMENTS, instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.plain_files import plain_files
from ticklake_assets.sources.archives import ARCHIVE, PACKED_TABLES, archive_of, members_of
from ticklake_assets.sources.symbol_hour import SymbolHour

_log = logging.getLogger(__name__)
_DAY_IN_NAME = re.compile(
    r"(?<!\d)(\d{4})([-_./]?)(\d{2})\2(\d{2})(?!\d)|(?<!\d)(\d{2})\.(\d{2})\.(\d{4})(?!\d)"
)
_REVISION = re.compile(r"\.r(\d+)$")
_TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ARCHIVE)


@dataclass
class TickFiles:
    """What a folder has of one symbol."""

    bi5: dict[SymbolHour, Path] = field(default_factory=dict)
    json: dict[SymbolHour, Path] = field(default_factory=dict)
    csv: list[Path] = field(default_factory=list)
    """Tables: CSV files, plain, gzipped or in zip archives, and Parquet. Sorted; of a landing file only the newest
    revision. A path may lead into an archive."""
    passed_over: dict[Path, str] = field(default_factory=dict)
    """Whatever else there is, and why it is none of them."""


def scan(root: Path, symbol: str) -> TickFiles:
    """Walk the folder; it may also be the symbol's own folder, or a part of the tree inside it.

    Raises SetupError where there is no folder, SourceError for a path that names no possible hour.
    """
    if not root.is_dir():
        raise SetupError(f"Expected a folder with ticks of {symbol}, was {root}: no such folder")
    readers = _hour_readers(symbol)
    found = TickFiles()
    for path in _walk(root, symbol, found.passed_over):
        place = path.as_posix()
        for layout, read in readers:
            if match := layout.search(place):
                hour = _hour(symbol, read(match), path)
                (found.bi5 if path.suffix == ".bi5" else found.json)[hour] = path
                break
        else:
            _sort_table(path, root, symbol, found)
    found.csv = _newest_revisions(_without_packed_copies(found))
    return found


def _sort_table(path: Path, root: Path, symbol: str, found: TickFiles) -> None:
    """Put a file, or each member of an archive, to the tables or to what is passed over."""
    tables = [path]
    if path.suffix.lower() == ARCHIVE:
        try:
            tables = members_of(path)
        except (
            SourceError
        ) as error:  # damaged: where it names the symbol, the day that asks for it meets that again
            if not _names_symbol(path, root, symbol):
                found.passed_over[path] = str(error)
                return
    for table in tables:
        if not _is_table(table, path):
            found.passed_over[table] = f"no {', '.join(_TABLES)} file and no bi5 or JSON hour by its path"
        elif _names_symbol(table, root, symbol):
            found.csv.append(table)
        else:
            found.passed_over[table] = f"{symbol} is not in its path"


def _is_table(table: Path, path: Path) -> bool:
    """Whether a file, or a member of the archive `path`, is one by its name."""
    name = table.name.lower()
    if table != path:
        return name.endswith(PACKED_TABLES)
    return name.endswith(_TABLES)


def claimed_day(path: Path, root: Path) -> date | None:
    """Day that a CSV file's place and name speak of; None where they name none or several."""
    matches = _DAY_IN_NAME.findall(path.relative_to(root).as_posix())
    numbers = {(int(y or y2), int(m or m2), int(d or d2)) for y, _, m, d, d2, m2, y2 in matches}
    if len(numbers) != 1:
        return None
    try:
        return date(*numbers.pop())
    except ValueError:
        return None


_Read = Callable[[re.Match[str]], tuple[int, int, int, int]]


def _hour_readers(symbol: str) -> list[tuple[re.Pattern[str], _Read]]:
    instrument = instrument_of(symbol)
    code, bi5_code = re.escape(instrument.vendor_code), re.escape(instrument.bi5_code)
    return [
        # The month of a bi5 path is 0-based.
        (
            re.compile(rf"/{bi5_code}/(\d{{4}})/(\d\d)/(\d\d)/(\d\d)h_ticks\.bi5$"),
            lambda match: (int(match[1]), int(match[2]) + 1, int(match[3]), int(match[4])),
        ),
        (
            re.compile(rf"/(?:{code}/|ticks-{code}-)(\d{{4}})[-/](\d\d?)[-/](\d\d?)[-/](\d\d?)(?:\.json)?$"),
            lambda match: (int(match[1]), int(match[2]), int(match[3]), int(match[4])),
        ),
    ]


def _hour(symbol: str, numbers: tuple[int, int, int, int], path: Path) -> SymbolHour:
    year, month, day, hour = numbers
    try:
        when = date(year, month, day)
    except ValueError as error:
        raise SourceError(f"{path}: Expected the path of a calendar day, was {error}") from None
    if hour > 23:
        raise SourceError(f"{path}: Expected an hour from 0 to 23, was {hour}")
    return SymbolHour(SymbolDay(symbol, when), hour)


_WORDS = "PRO|RAW|ECN|STP|MICRO|CENT"
"""What brokers write right behind a symbol, or a letter: EURUSDpro, EURUSDm, EURUSDz. A T or, of a coin, a C makes
another symbol: BTCUSDT, BTCUSDC."""


def _names_symbol(path: Path, root: Path, symbol: str) -> bool:
    """Whether the file's name or, failing that, the nearest folder up to the root names the symbol.

    SourceError where it names another known one as well.
    """
    for part in reversed(path.relative_to(root.parent).parts):
        named = symbols_in(part)
        if symbol in named and len(named) > 1:
            raise SourceError(
                f"{path}: names {' and '.join(sorted(named))}. Expected ticks of one symbol, and its name alone in "
                "the file's name"
            )
        if named:
            return symbol in named
    return False


def symbols_in(name: str) -> list[str]:
    """The known symbols that a file's or a folder's name speaks of; not one that is a part of another there."""
    named = [
        known
        for known in INSTRUMENTS
        if _symbol_in_text(known).search(name.upper()) or _behind_small_letters(known).search(name)
    ]
    return [known for known in named if not any(known != other and known in other for other in named)]


@cache
def _symbol_in_text(symbol: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Z]){_symbol_and_behind(symbol)}")


@cache
def _behind_small_letters(symbol: str) -> re.Pattern[str]:
    """A broker's prefix without a mark between, told by its case; before a coin it makes another: wBTC, stETH."""
    if INSTRUMENTS[symbol].kind == "crypto":
        return re.compile(r"(?!)")
    return re.compile(rf"(?<![A-Za-z])[a-z]+{_symbol_and_behind(symbol)}")


def _symbol_and_behind(symbol: str) -> str:
    instrument = INSTRUMENTS[symbol]
    codes = "".join(f"|{re.escape(code.upper())}" for _, code in instrument.codes)
    letters = "ABD-SU-Z" if instrument.kind == "crypto" else "A-SU-Z"
    between = "(?: ?[-_. ] ?)?"  # EURUSD, EUR-USD, EUR USD, EUR - USD
    return rf"(?:{symbol[:-3]}{between}{symbol[-3:]}{codes})(?i:[{letters}]|{_WORDS})?(?i:(?![A-Z]))"


def _walk(root: Path, symbol: str, passed_over: dict[Path, str]) -> Iterator[Path]:
    """Every visible regular file in a fixed order, without the folders of other known symbols."""
    others = [instrument for instrument in INSTRUMENTS.values() if instrument.symbol != symbol]
    skipped = {name for known in others for name in (known.symbol, known.vendor_code, known.bi5_code)}
    for folder, subfolders, names in os.walk(root.absolute()):
        passed_over |= {
            Path(folder, name): "of another symbol" for name in subfolders if name.upper() in skipped
        }
        subfolders[:] = sorted(name for name in subfolders if name.upper() not in skipped and name[0] != ".")
        for link in (
            path for name in subfolders if (path := Path(folder, name)).is_symlink()
        ):  # not followed
            passed_over[link] = "a link"
            _log.warning("%s is passed over. Expected a folder, was a link", link)
        yield from plain_files(Path(folder, name) for name in sorted(names) if name[0] != ".")


def _without_packed_copies(found: TickFiles) -> list[Path]:
    """Tables without those that also lie unpacked beside their archive: a download and what was taken out of it."""
    plain = set(found.csv)
    kept = []
    for table in found.csv:
        archive, member = archive_of(table)
        beside = archive.parent / Path(member).name if member else archive.with_suffix("")
        inside = archive.with_suffix("") / member
        if table != beside and (beside in plain or inside in plain):
            found.passed_over[table] = "also there unpacked"
            _log.info("%s is passed over: it is also there unpacked", table)
        else:
            kept.append(table)
    return kept


def _newest_revisions(paths: list[Path]) -> list[Path]:
    newest: dict[Path, tuple[int, Path]] = {}
    for path in paths:
        match = _REVISION.search(path.stem)
        first = path.with_name(_REVISION.sub("", path.stem))
        candidate = (int(match[1]) if match else 1, path)
        newest[first] = max(newest.get(first, candidate), candidate)
    return sorted(path for _, path in newest.values())
