"""The kill switch: a file in the bridge's folder. While it is there nothing is entered; positions keep their exits."""

from __future__ import annotations

from pathlib import Path

from mt5_bridge.errors import SetupError
from mt5_bridge.files import create_file

_NAME = "kill"
_UNSAID = "no reason was given"


class KillSwitch:
    """Whoever may write in the folder may kill: a person with an editor, a script, `ticklake-bridge kill`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / _NAME

    def reason(self) -> str | None:
        """Why it is on; None where it is off. A file that cannot be read is on."""
        try:
            return " ".join(self.path.read_text(encoding="utf-8", errors="replace").split()) or _UNSAID
        except FileNotFoundError:
            return None
        except OSError as error:
            return f"{self.path} cannot be read ({error.strerror})"

    def put(self, reason: str) -> bool:
        """Switch on; False where it was on already, with its own reason."""
        try:
            create_file(self.path, f"{reason}\n".encode(), private=True)
        except FileExistsError:
            return False
        except OSError as error:
            raise SetupError(
                f"{self.path}: {error.strerror}. Expected a folder that can be written"
            ) from error
        return True

    def release(self) -> bool:
        """Switch off; False where it was off."""
        try:
            self.path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise SetupError(f"{self.path}: {error.strerror}. Expected a file that can be removed") from error
        return True
