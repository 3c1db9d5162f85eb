"""The kill switch by command; how the file is read, the rules of risk say (`risk/kill_file.py`).

Whoever may write in the bridge's folder may kill: a person with an editor, a script, `ticklake-bridge kill`.
"""

from __future__ import annotations

from pathlib import Path

from mt5_bridge.errors import SetupError
from mt5_bridge.files import create_file
from mt5_bridge.risk.kill_file import KILL_FILE


def switch_on(folder: Path, reason: str) -> bool:
    """False where it was on already; its reason stays."""
    path = folder / KILL_FILE
    try:
        create_file(path, f"{reason}\n".encode(), private=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise SetupError(f"{path}: {error.strerror}. Expected a folder that can be written") from error
    return True


def switch_off(folder: Path) -> bool:
    """False where it was off."""
    path = folder / KILL_FILE
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise SetupError(f"{path}: {error.strerror}. Expected a file that can be removed") from error
    return True
