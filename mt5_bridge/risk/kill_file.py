"""The kill switch as a file in the bridge's folder: while it is there, nothing is sent; its text says why."""

from __future__ import annotations

from pathlib import Path

KILL_FILE = "kill"
_LONGEST = 500


def kill_reason(home: Path) -> str | None:
    """What the file says; None where there is none. One that can't be read kills, too."""
    path = home / KILL_FILE
    try:
        text = path.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"{path}: {error.strerror}"
    return text[:_LONGEST] or f"{path} is there"
