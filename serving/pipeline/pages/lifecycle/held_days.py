"""Which days of a symbol there are to train on, and which were trained as of."""

from __future__ import annotations

from datetime import date

from serving.pipeline.sources.all import Sources
from ticklake_assets.research.coverage import Coverage
from ticklake_assets.storage.models.stage_files import ModelFiles

WAIT_S = 0.25
"""A large lake takes long to look through: a page does without, and its next look has it."""
STORED = ("trained", "validated", "tested", "walk_forward")
"""Stages that leave a file of each as-of day."""


def _of(of: Sources, symbol: str) -> Coverage | None:
    return next((each for each in of.coverage.within(WAIT_S) or () if each.symbol == symbol), None)


def gold_days(of: Sources, symbol: str) -> list[date]:
    found = _of(of, symbol)
    return sorted(found.layers["gold"]) if found else []


def symbols(of: Sources) -> list[str]:
    return [each.symbol for each in of.coverage.within(WAIT_S) or ()]


def as_of_days(of: Sources, symbol: str) -> list[date]:
    """As-of days with a stage's file, the newest first; else the newest day of gold."""
    files = ModelFiles(of.lake.store)
    made = {day for stage in STORED for day in files.as_of_days(stage, symbol)}
    held = gold_days(of, symbol)
    return sorted(made, reverse=True) or ([held[-1]] if held else [])
