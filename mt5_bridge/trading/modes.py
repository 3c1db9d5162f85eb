"""Where orders go."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    PAPER = "paper"
    DEMO = "demo"
    LIVE = "live"
