"""Versions as lines of a table: what each is called, how it was judged, and what the endpoint does with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from serving.pipeline.pages.model.verdicts import Verdict, verdict_of
from serving.pipeline.sources.models import Models
from ticklake_assets.storage.models.versions import ModelVersion

PAGE = 40
"""Lines a page: each is verified against its signature when it is first shown."""


class Line(NamedTuple):
    version: ModelVersion
    verdict: Verdict
    mode: str
    """`live` or `shadow` at the endpoint; empty where it has it not."""


class Listing(NamedTuple):
    lines: list[Line]
    number: int
    """Page, from 1."""
    pages: int
    total: int
    """Of all versions."""


def newest_first(versions: Sequence[ModelVersion]) -> list[ModelVersion]:
    """By symbol; of each the newest as-of day first."""
    return sorted(
        sorted(versions, key=lambda version: (version.as_of, version.number), reverse=True),
        key=lambda version: version.symbol,
    )


def listing(models: Models, symbol: str, modes: Mapping[str, str], number: int) -> Listing:
    """One page of the versions of a symbol, or of all."""
    versions = newest_first(models.versions(symbol))
    pages = max(1, -(-len(versions) // PAGE))
    number = min(max(number, 1), pages)
    shown = versions[(number - 1) * PAGE : number * PAGE]
    lines = [Line(each, verdict_of(models, each), modes.get(each.bundle, "")) for each in shown]
    return Listing(lines, number, pages, len(versions))
