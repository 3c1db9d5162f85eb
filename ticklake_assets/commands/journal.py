"""What `ticklake journal` prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.folders import SUFFIX, day_folder, is_sealed
from ticklake_assets.journal.frames import MAGIC, read_frames
from ticklake_assets.journal.reading import read_journal
from ticklake_assets.journal.whole_day import WholeDay


def list_days(root: Path, symbol: str, console: Console, *, as_json: bool) -> None:
    """A line a day; what cannot be read is said in it."""
    rows = [_day(folder) for folder in _folders(root, symbol)]
    if as_json:
        console.print_json(json.dumps(rows))
    elif not rows:
        console.print(
            f"no journals in {root}: the endpoint writes one a day that is streamed to it", soft_wrap=True
        )
    else:
        table = Table("symbol", "day", "streams", "bytes", "sealed", "complete", "ticks")
        for row in rows:
            told = row.get("problem") or _counts(row["ticks"])
            cells = row["symbol"], row["day"], row["streams"], f"{row['bytes']:,}"
            table.add_row(*map(str, cells), _yes(row["sealed"]), _yes(row.get("complete")), told)
        console.print(table)


def show_day(root: Path, day: SymbolDay, console: Console, *, as_json: bool) -> None:
    """A day's streams, the newest, which counts, last.

    Raises:
        MissingDataError: there is none.
        DataError: one was changed.
    """
    instrument_of(day.symbol)
    paths = sorted(day_folder(root, day).glob(f"*{SUFFIX}"))
    if not paths:
        raise MissingDataError(f"No journal of {day} in {root}. Expected a day that was streamed")
    told = [_stream(path) for path in paths]
    if as_json:
        console.print_json(json.dumps(told))
        return
    for facts in told:
        table = Table(facts["file"], "")
        for name, value in facts.items():
            if name != "file":
                table.add_row(name, _shown(value))
        console.print(table)


def verify_files(root: Path, symbol: str, console: Console, *, as_json: bool) -> bool:
    """Whether every file is whole; an unfinished end of one that is not sealed is no fault: its writer was killed."""
    found = [
        _verified(path) for folder in _folders(root, symbol) for path in sorted(folder.glob(f"*{SUFFIX}"))
    ]
    bad = [each for each in found if each["problem"]]
    if as_json:
        console.print_json(json.dumps(found))
    else:
        for each in found:
            if each["problem"]:
                console.print(
                    f"{each['file']}: {each['problem']}", markup=False, highlight=False, soft_wrap=True
                )
            elif each["torn_bytes"]:
                told = f"{each['file']}: {each['torn_bytes']} bytes of a frame that was not finished; they do not count"
                console.print(told, markup=False, highlight=False, soft_wrap=True)
        frames = sum(each["frames"] for each in found)
        console.print(f"{len(found)} files, {frames:,} frames: {len(bad)} with a problem", highlight=False)
    return not bad


def _folders(root: Path, symbol: str) -> list[Path]:
    if symbol:
        instrument_of(symbol)
    return sorted(path for path in root.glob(f"{symbol or '*'}/*-*-*") if any(path.glob(f"*{SUFFIX}")))


def _day(folder: Path) -> dict[str, Any]:
    paths = sorted(folder.glob(f"*{SUFFIX}"))
    told: dict[str, Any] = {
        "symbol": folder.parent.name,
        "day": folder.name,
        "streams": len(paths),
        "bytes": sum(path.stat().st_size for path in paths),
        "sealed": is_sealed(paths[-1]),
    }
    try:
        journaled = read_journal(paths[-1])
    except DataError as error:
        return told | {"problem": str(error)}
    return told | {"complete": journaled.complete, "ticks": WholeDay.of(journaled).counted().ticks}


def _stream(path: Path) -> dict[str, Any]:
    journaled = read_journal(path)
    controls = [f"{told['what']} {told.get('to', '')}".strip() for told in journaled.controls]
    return {
        "file": str(path),
        "bytes": path.stat().st_size,
        "sealed": is_sealed(path),
        "complete": journaled.complete,
        **WholeDay.of(journaled).counted()._asdict(),
        "controls": controls,
        "kernel": journaled.header["kernel_version"],
        "rules": journaled.header["rules_version"],
    }


def _verified(path: Path) -> dict[str, Any]:
    frames, end, content = 0, len(MAGIC), path.read_bytes()
    problem = "" if content.startswith(MAGIC) else "holds no whole frame"
    try:
        for frame in read_frames(path, content):
            frames, end = frames + 1, frame.end
    except DataError as error:
        problem = str(error).removeprefix(f"{path}: ")
    torn = max(0, len(content) - end)
    if torn and not problem and is_sealed(path):
        problem = f"is sealed, and {torn} bytes at its end are no whole frame"
    return {
        "file": str(path),
        "frames": frames,
        "torn_bytes": torn,
        "sealed": is_sealed(path),
        "problem": problem,
    }


def _yes(told: bool | None) -> str:  # noqa: FBT001 - a fact, not a switch
    return "" if told is None else "yes" if told else "no"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _yes(value)
    if isinstance(value, dict):
        return _counts(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "none"
