"""The table of checks that let a dataset in, as values and as the JSON that is kept beside its manifest."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import NamedTuple

from ticklake_assets.core.errors import DataError


class CheckResult(NamedTuple):
    """One line of the table of checks."""

    name: str
    value: float
    """NaN where there was nothing to count."""
    expectation: str
    """`= 0`, `>= 1`, or `reported`: shown, never failing."""
    passed: bool
    doc: str


def require(checks: Sequence[CheckResult], what: str) -> None:
    """Refuse on the first failing check, naming all of them.

    Raises:
        DataError: with the failing checks' names, values and expectations.
    """
    failed = [check for check in checks if not check.passed]
    if failed:
        found = "; ".join(
            f"{check.name}: expected {check.expectation}, was {check.value:g}" for check in failed
        )
        raise DataError(f"{what} is not frozen, {len(failed)} of {len(checks)} checks fail. {found}")


def to_json(checks: Sequence[CheckResult]) -> bytes:
    """An object a line; JSON has no NaN: null.

    >>> from_json(to_json([CheckResult("a", 2.0, ">= 1", True, "Counts.")]))[0].value
    2.0
    """
    lines = [
        json.dumps({**check._asdict(), "value": None if math.isnan(check.value) else check.value})
        for check in checks
    ]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()


def from_json(data: bytes) -> list[CheckResult]:
    def read(line: dict[str, object]) -> CheckResult:
        value = line.pop("value")
        return CheckResult(value=math.nan if value is None else float(str(value)), **line)  # type: ignore[arg-type]

    return [read(line) for line in json.loads(data)]
