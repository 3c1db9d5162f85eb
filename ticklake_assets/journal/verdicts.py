"""What became of a tick, as a journal's code says it."""

from __future__ import annotations

from ticklake_assets.core import rule_kernel
from ticklake_assets.core.quotes import RULES

FUTURE = -2
"""Beside the kernel's codes: a tick from ahead of the server's clock. It never reaches the kernel."""
_STATUS = {rule_kernel.KEPT: ("clean", None), rule_kernel.LATE: ("late", None), FUTURE: ("future", None)} | {
    code: ("quarantined", rule.name) for code, rule in enumerate(RULES, 1)
}


def status_of(code: int) -> tuple[str, str | None]:
    """A tick's status, and the rule that a quarantined one broke."""
    return _STATUS[code]
