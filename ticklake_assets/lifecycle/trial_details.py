"""What every record of the trial ledger tells beside what was tried."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from getpass import getuser
from typing import Any

from ticklake_assets.core.clock import SYSTEM_CLOCK, Clock


def trial_details(
    run: str,
    as_of: date,
    dataset: str,
    parameters: Mapping[str, Any] | None = None,
    result: Mapping[str, Any] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> dict[str, Any]:
    """Details of a record in the trial ledger: by whom, when, on what, by which parameters, with which result."""
    return {
        "by": f"{_user()}, {run}",
        "at": clock.now().isoformat(timespec="seconds"),
        "as_of": as_of.isoformat(),
        "dataset": dataset,
        "parameters": dict(parameters or {}),
        "result": dict(result or {}),
    }


def _user() -> str:
    try:
        return getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "nameless"
