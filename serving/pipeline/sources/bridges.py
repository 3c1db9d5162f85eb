"""Bridges by what they leave in their folders: status, journal, limits, kill switch. A bridge needs no port for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock

from pydantic import ValidationError

from mt5_bridge.append_log import LookedAtLog
from mt5_bridge.attribution.waterfall import Attribution
from mt5_bridge.config import read_config
from mt5_bridge.errors import BridgeError
from mt5_bridge.risk.facts import DayBegan, EquitySeen, Fact, read_fact
from mt5_bridge.risk.kill_file import kill_reason
from mt5_bridge.risk.limits import Limits
from mt5_bridge.risk.limits_file import read_limits
from mt5_bridge.risk.state import RiskState
from mt5_bridge.risk.used import Usage, usage
from mt5_bridge.running.kill_switch import switch_off, switch_on
from mt5_bridge.running.status import Status, read_status
from mt5_bridge.trading.journal import JOURNAL_FILE, Journal
from mt5_bridge.trading.words import Entry
from ticklake_assets.core.errors import DataError, MissingDataError, SetupError
from ticklake_assets.settings import Settings

SILENT_S = 10.0
"""A running bridge writes its status each second."""
_LIMITS = "limits.toml"
_DEMO = "demo"
DRY_RUN = "dry-run"
"""As `mt5_bridge.running.opening` calls it, which these pages don't load: it opens terminals."""
STATUS_FILE = "status.json"


@dataclass(frozen=True)
class Told:
    """A journal as it was read."""

    entries: tuple[Entry, ...]
    """The newest first."""
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Bridge:
    name: str
    folder: Path
    journal: Path
    limits_file: Path | None = None
    mode: str = ""
    """As configured; a status says it better."""
    is_replay: bool = False
    """Whether it was one run over a recorded day, and has neither status nor kill switch."""
    is_dry_run: bool = False
    """Its folder lies in its bridge's, whose kill switch holds for both."""
    fault: str = ""
    """Why nothing can be known of one that the setting names; the others are shown and switched all the same."""

    @property
    def has_own_switch(self) -> bool:
        return not self.is_replay and not self.is_dry_run

    @property
    def has_run(self) -> bool:
        """Whether it has left a status, be it one that can be read."""
        return (self.folder / STATUS_FILE).exists()

    def status(self) -> Status:
        self._expect_found()
        with _told():
            return read_status(self.folder)

    def silent_s(self, status: Status, now: datetime | None = None) -> float:
        """Seconds since it was heard of; 0 while that is no more than usual, and of one that has stopped."""
        age = ((now or datetime.now(UTC)) - status.written).total_seconds()
        return age if age > SILENT_S and status.state != "stopped" else 0.0

    def kill_reason(self) -> str | None:
        return None if self.is_replay or self.fault else kill_reason(self._switch_folder)

    def kill(self, reason: str) -> bool:
        """Let it enter nothing new; False where that was so already, whose reason stays."""
        self._expect_found()
        with _told():
            return switch_on(self._switch_folder, reason)

    def resume(self) -> bool:
        self._expect_found()
        with _told():
            return switch_off(self._switch_folder)

    def limits(self) -> tuple[Limits, str]:
        """Those of its file, or the defaults, and where they come from."""
        path = self.limits_file or self.folder / _LIMITS
        if self.limits_file is None and not path.exists():
            return Limits(), "the defaults"
        with _told():
            return read_limits(path), str(path)

    def usage(self, told: Told, now_us: int) -> list[Usage]:
        return list(usage(self.limits()[0], RiskState.of(told.facts), now_us))

    @property
    def _switch_folder(self) -> Path:
        return self.folder.parent if self.is_dry_run else self.folder

    def _expect_found(self) -> None:
        if self.fault:
            raise SetupError(f"TICKLAKE_BRIDGES: {self.fault}")


class Bridges:
    """Those of the setting, or of this home; the folders are looked for anew each time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._read: dict[Path, tuple[tuple[int, int], Told]] = {}
        self._reading = Lock()

    def all(self) -> list[Bridge]:
        """By name, dry runs among them; what the setting names and is none is one with a fault."""
        found: dict[str, Bridge] = {}
        for each in [*self._named(), *self._of_home()]:
            name, number = each.name, 2
            while name in found:
                name, number = f"{each.name}-{number}", number + 1
            found[name] = replace(each, name=name)
        return [found[name] for name in sorted(found)]

    def find(self, name: str) -> Bridge:
        for each in self.all():
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.all()) or "none yet"
        raise MissingDataError(f"Expected a bridge of {known}, was {name!r}")

    def with_order(self, comment: str) -> tuple[Bridge, Entry]:
        """The bridge whose journal has the order of this comment, intent or signal."""
        sought = comment.removeprefix("tl-")
        for bridge in self.all():
            for entry in self.told(bridge).entries:
                if sought in (entry.intent.intent_id, entry.intent.signal_id):
                    return bridge, entry
        raise MissingDataError(f"Expected an order of a bridge that is known here, was {comment!r}")

    def told(self, bridge: Bridge) -> Told:
        """Its journal, read anew where it has grown; nothing where it has none yet."""
        try:
            now = bridge.journal.stat()
        except FileNotFoundError:
            return Told((), ())
        with self._reading:
            key, kept = self._read.get(bridge.journal, ((-1, -1), Told((), ())))
            if key == (now.st_mtime_ns, now.st_size):
                return kept
            with _told():
                journal = Journal(LookedAtLog(bridge.journal))
                facts = tuple(read_fact(each) for each in journal.facts)
            told = Told(tuple(reversed(journal.entries.values())), facts)
            self._read[bridge.journal] = (now.st_mtime_ns, now.st_size), told
            return told

    @cached_property
    def _demo(self) -> Path:
        return self._settings.home.absolute() / _DEMO

    def demo_attribution(self) -> Attribution | None:
        """What the demo explained of its replay."""
        for path in sorted(self._demo.glob("*.json")):
            try:
                found = json.loads(path.read_bytes())
            except ValueError:
                continue
            if isinstance(found, dict) and isinstance(found.get("attribution"), dict) and "ticks" in found:
                try:
                    return Attribution.model_validate(found["attribution"])
                except ValidationError as error:
                    was = error.errors()[0]["msg"]
                    raise DataError(f"{path}: Expected an attribution, was another ({was})") from None
        return None

    def _named(self) -> Iterator[Bridge]:
        for each in filter(None, (part.strip() for part in self._settings.bridges.split(","))):
            path = Path(each).expanduser()
            if path.suffix == ".toml":
                yield from _configured(path)
            elif path.is_dir():
                yield from _with_dry_run(Bridge(path.name, path, path / JOURNAL_FILE))
            else:
                fault = f"Expected folders or configurations of bridges, was {each!r}, which is none"
                yield Bridge(path.name, path, path / JOURNAL_FILE, fault=fault)

    def _of_home(self) -> Iterator[Bridge]:
        home = self._settings.home.absolute()
        if not self._settings.bridges:
            for folder in [home / "bridge", *sorted((home / "bridges").glob("*"))]:
                if folder.is_dir():
                    yield from _with_dry_run(Bridge(folder.name, folder, folder / JOURNAL_FILE))
        for journal in sorted((self._demo / "journal").glob("*.jsonl")):
            if not journal.stem.endswith((".broker", ".terminal")):
                yield Bridge(_DEMO, journal.parent, journal, mode=_DEMO, is_replay=True)


def _configured(path: Path) -> Iterator[Bridge]:
    try:
        config = read_config(path)
    except BridgeError as error:
        yield Bridge(path.parent.name, path.parent, path.parent / JOURNAL_FILE, fault=str(error))
        return
    folder = config.folder
    name = folder.name if folder.name != "account" else path.parent.name
    yield from _with_dry_run(Bridge(name, folder, folder / JOURNAL_FILE, config.limits, str(config.mode)))


def _with_dry_run(bridge: Bridge) -> Iterator[Bridge]:
    """The bridge, and its dry run where there was one: that has journal and status of its own."""
    yield bridge
    if (folder := bridge.folder / DRY_RUN).is_dir():
        limits = bridge.limits_file or (at if (at := bridge.folder / _LIMITS).exists() else None)
        yield replace(
            bridge,
            name=f"{bridge.name}-{DRY_RUN}",
            folder=folder,
            journal=folder / JOURNAL_FILE,
            limits_file=limits,
            is_dry_run=True,
        )


def equity_of(facts: tuple[Fact, ...], since_us: int) -> list[tuple[int, float]]:
    """Moments and equity, as the rules of risk saw it."""
    return [
        (each.ts_us, float(each.equity))
        for each in facts
        if isinstance(each, DayBegan | EquitySeen) and each.ts_us >= since_us
    ]


@contextmanager
def _told() -> Iterator[None]:
    """The bridge's errors as ours: its words are for people, too."""
    try:
        yield
    except BridgeError as error:
        raise DataError(str(error)) from error
