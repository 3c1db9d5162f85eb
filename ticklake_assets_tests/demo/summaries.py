"""What two demos of the same input have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def content_of(summary: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """These of a summary's entries, the gates without the one that is timed."""
    gates = [gate for gate in summary["gates"] if gate["name"] != "decision_ms"]
    return {name: {**summary, "gates": gates}[name] for name in names}
