"""All that the overview shows, asked of each source on its own: what one does not say is absent, and said to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import TypeVar

from serving.pipeline.answers import ask
from serving.pipeline.pages.model.listing import newest_first
from serving.pipeline.pages.model.verdicts import NOT_JUDGED, verdict_of
from serving.pipeline.pages.overview.facts import Champion, Down, Known, Symbol
from serving.pipeline.sources.all import Sources
from ticklake_assets.core.instruments import INSTRUMENTS
from ticklake_assets.storage.models.versions import CHAMPION, ModelVersion

T = TypeVar("T")


def known(sources: Sources) -> Known:
    """All sources at once: the slowest alone is waited for."""
    asked: dict[str, Callable[[], object]] = {"The registry of models": sources.models.versions}
    with ThreadPoolExecutor(len(asked)) as beside:
        answers = dict(zip(asked, beside.map(ask, asked.values()), strict=True))
    versions: list[ModelVersion] = answers["The registry of models"].value or []
    down = tuple(Down(name, answer.problem) for name, answer in answers.items() if answer.problem)
    names = sorted({each.symbol for each in versions})
    symbols = tuple(
        _symbol(name, [each for each in versions if each.symbol == name], sources) for name in names
    )
    return Known(datetime.now(UTC), symbols, down=down)


def _symbol(name: str, versions: Sequence[ModelVersion], sources: Sources) -> Symbol:
    champion = next((each for each in versions if CHAMPION in each.aliases), None)
    newest = next(iter(newest_first(versions)), None)
    verdict = verdict_of(sources.models, newest).word if newest else ""
    return Symbol(
        name,
        is_synthetic=name in INSTRUMENTS and INSTRUMENTS[name].is_synthetic,
        versions=len(versions),
        verdict="" if verdict == NOT_JUDGED else verdict,
        champion=_champion(champion) if champion else None,
    )


def _champion(version: ModelVersion) -> Champion:
    as_of = date.fromisoformat(version.as_of) if version.as_of else None
    return Champion(version.bundle, as_of, version.number)
