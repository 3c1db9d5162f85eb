"""What all pages of a version show."""

from __future__ import annotations

from typing import Any

from serving.pipeline.pages.model.verdicts import verdict_of
from serving.pipeline.sources.models import Models
from ticklake_assets.storage.models.versions import ModelVersion


def frame(models: Models, version: ModelVersion, tab: str) -> dict[str, Any]:
    """For templates that extend frame.html; `tab` is the page that is shown."""
    return {
        "title": f"{version.symbol} version {version.number}",
        "symbol": version.symbol,
        "version": version,
        "tab": tab,
        "verdict": verdict_of(models, version),
        "champion": models.champion(version.symbol),
    }
