"""What starts a bridge with its machine: a task of Windows' Task Scheduler, a Windows service, or a systemd unit.

A terminal has windows, so on Windows a *task* that runs when its owner signs in is the usual way: it sees the desktop
that the terminal is on. A *service* runs before anybody signs in; it starts a terminal of its own, which nobody sees.
Each runs `ticklake-bridge run --config FILE`, again after a minute when it fails, and never twice.
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from subprocess import list2cmdline

from mt5_bridge.errors import SetupError

_TASKS = "http://schemas.microsoft.com/windows/2004/02/mit/task"


class Kind(StrEnum):
    TASK = "task"
    SERVICE = "service"
    SYSTEMD = "systemd"


@dataclass(frozen=True)
class Plan:
    """What is done: a file that is written first, where there is one, and the programs that are run, in order."""

    file: Path | None
    content: bytes
    commands: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Autostart:
    """A bridge's entry; `name` tells the bridges of a machine apart."""

    kind: Kind
    name: str
    config: Path
    """Absolute: it is read from another working folder."""
    live: bool = False
    """Whether it may trade real money."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", self.name):
            raise SetupError(f"Expected a name of small letters, digits and -, was {self.name!r}")

    def install(self) -> Plan:
        if self.kind is Kind.TASK:
            create = ("schtasks", "/Create", "/TN", self.name, "/XML", str(self._file), "/F")
            return Plan(self._file, self._task(), (create,))
        if self.kind is Kind.SERVICE:
            host = (sys.executable, "-m", "mt5_bridge.commands.windows_service", self.name, *self._given)
            create = ("sc", "create", self.name, "binPath=", list2cmdline(host), "start=", "auto")
            again = ("sc", "failure", self.name, "reset=", "86400", "actions=", "restart/60000")
            return Plan(None, b"", (create, again, ("sc", "start", self.name)))
        enable = _systemctl("enable", "--now", self._file.name)
        return Plan(self._file, self._unit(), (_systemctl("daemon-reload"), enable))

    def remove(self) -> Plan:
        if self.kind is Kind.TASK:
            return Plan(None, b"", (("schtasks", "/Delete", "/TN", self.name, "/F"),))
        if self.kind is Kind.SERVICE:
            return Plan(None, b"", (("sc", "stop", self.name), ("sc", "delete", self.name)))
        return Plan(None, b"", (_systemctl("disable", "--now", self._file.name), _systemctl("daemon-reload")))

    def state(self) -> tuple[str, ...]:
        """The program that says whether it runs."""
        if self.kind is Kind.TASK:
            return ("schtasks", "/Query", "/TN", self.name, "/V", "/FO", "LIST")
        return (
            ("sc", "query", self.name) if self.kind is Kind.SERVICE else _systemctl("status", self._file.name)
        )

    @property
    def _file(self) -> Path:
        if self.kind is Kind.TASK:
            return self.config.with_name(f"{self.name}.task.xml")
        return Path.home() / ".config/systemd/user" / f"{self.name}.service"

    def _task(self) -> bytes:
        """The task's definition; UTF-16 is what the scheduler reads."""
        task = ET.Element("Task", version="1.2", xmlns=_TASKS)
        trigger = ET.SubElement(ET.SubElement(task, "Triggers"), "LogonTrigger")
        ET.SubElement(trigger, "Enabled").text = "true"
        settings = ET.SubElement(task, "Settings")
        for name, value in {
            "MultipleInstancesPolicy": "IgnoreNew",
            "DisallowStartIfOnBatteries": "false",
            "StopIfGoingOnBatteries": "false",
            "StartWhenAvailable": "true",
            "ExecutionTimeLimit": "PT0S",
        }.items():
            ET.SubElement(settings, name).text = value
        again = ET.SubElement(settings, "RestartOnFailure")
        ET.SubElement(again, "Interval").text = "PT1M"
        ET.SubElement(again, "Count").text = "999"
        run = ET.SubElement(ET.SubElement(task, "Actions"), "Exec")
        program, *arguments = self._run
        ET.SubElement(run, "Command").text = program
        ET.SubElement(run, "Arguments").text = list2cmdline(arguments)
        ET.SubElement(run, "WorkingDirectory").text = str(self.config.parent)
        ET.indent(task)
        text: bytes = ET.tostring(task, encoding="utf-16", xml_declaration=True)
        return text

    def _unit(self) -> bytes:
        start = " ".join(map(_unit_word, self._run))
        return (
            f"[Unit]\nDescription=ticklake bridge {self.name}\nAfter=network-online.target\n\n"
            f"[Service]\nExecStart={start}\nWorkingDirectory={str(self.config.parent).replace('%', '%%')}\n"
            "Restart=on-failure\nRestartSec=60\nKillSignal=SIGTERM\nUMask=0077\n\n[Install]\nWantedBy=default.target\n"
        ).encode()

    @property
    def _run(self) -> tuple[str, ...]:
        return (sys.executable, "-m", "mt5_bridge.cli", "run", *self._given)

    @property
    def _given(self) -> tuple[str, ...]:
        return ("--config", str(self.config), *(["--live"] if self.live else []))


def _unit_word(word: str) -> str:
    """A word of a unit's command line: in quotes, with what systemd would take for its own doubled or escaped.

    >>> print(_unit_word('50% of "it"'))
    "50%% of \\"it\\""
    """
    for own in "\\%$":
        word = word.replace(own, own * 2)
    return '"' + word.replace('"', '\\"') + '"'


def _systemctl(*words: str) -> tuple[str, ...]:
    return ("systemctl", "--user", *words)
