"""A report whose every text is an attack on the page that shows it."""

from __future__ import annotations

from typing import Any

from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport

_LOOKED_UP = {"symbol", "verdict", "role"}
"""Fields that charts, style or gates know each value of: another is an error, or another page, before it is a text."""


def attack(where: str) -> str:
    """What a field's text starts with; it names the field, without the `_` that some cells write as a space."""
    return f"<script src='x'>\"&{{{{ 7 * 7 }}}}</script>{where.replace('_', '-')} "


def hostile(report: WalkForwardReport) -> tuple[WalkForwardReport, set[str]]:
    """The report with every text attacked but those of `_LOOKED_UP`, and the attacks that are in it."""
    planted: set[str] = set()
    attacked: WalkForwardReport = _attacked(report, "", planted)
    return attacked, planted


def _attacked(value: Any, where: str, planted: set[str]) -> Any:
    if isinstance(value, Document):
        kind = type(value)
        texts = {
            name: _attacked(getattr(value, name), f"{kind.__name__}.{name}", planted)
            for name in kind.model_fields
            if name not in _LOOKED_UP
        }
        return value.model_copy(update=texts)
    if type(value) is tuple:
        return tuple(_attacked(each, where, planted) for each in value)
    if isinstance(value, dict) and where == "TrainingReport.importance":
        return {_attacked(feature, where, planted): share for feature, share in value.items()}
    if isinstance(value, str):
        planted.add(attack(where))
        return attack(where) + value
    return value
