"""What every record of the trial ledger tells beside what was tried: who and when, which walk, which raw contents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from getpass import getuser
from hashlib import sha256
from typing import Any

from ticklake_assets.core.clock import SYSTEM_CLOCK, Clock
from ticklake_assets.modeling.deployed.manifest import CODE
from ticklake_assets.modeling.fitting.training import TrainingReport
from ticklake_assets.storage.datasets.manifest import DatasetManifest


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


def walk_of(manifest: DatasetManifest, training: TrainingReport) -> str:
    """Identity of the rolling chain that a fold is of: its recipe, and after a plus its place on the grid of days.

    Train days are left out, since an anchored walk has more each time. Of one as-of day the ledger counts every
    distinct bundle or search, so variants by train days are told apart there.
    """
    budget = training.budget.model_dump(exclude={"fits"})
    windows = manifest.windows
    recipe: dict[str, Any] = {
        "code": CODE,
        "kernel": manifest.kernel_version,
        "labels": manifest.label_version,
    }
    recipe |= {"seed": training.seed, **budget}
    recipe |= {"validate_days": windows.validate_days, "test_days": windows.test_days}
    digest = sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()
    return f"{digest}+{manifest.as_of.toordinal() % windows.test_days}"


def contents_of(manifest: DatasetManifest, part: str) -> dict[date, str]:
    """sha256 of the raw content behind each day of a part; of a day without quotes none: all closed days look alike."""
    return {
        line.day: line.raw_sha256 if line.quotes else "" for line in manifest.partitions if line.part == part
    }


def _user() -> str:
    try:
        return getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "nameless"
