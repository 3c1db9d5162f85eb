"""All that the overview shows, asked of each source on its own: what one does not say is absent, and said to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from serving.pipeline.answers import ask
from serving.pipeline.pages.model.listing import newest_first
from serving.pipeline.pages.model.verdicts import NOT_JUDGED, verdict_of
from serving.pipeline.pages.overview.facts import (
    Bridge,
    Champion,
    Days,
    Down,
    FailedRun,
    Known,
    Symbol,
    Watched,
)
from serving.pipeline.pages.overview.failures import unmended
from serving.pipeline.pages.overview.translated import (
    bridge_of,
    champion_of,
    days_of,
    replay_of,
    unknown_bridge,
    watched_of,
)
from serving.pipeline.sources.all import Sources
from serving.pipeline.sources.dagster import Dagster
from ticklake_assets.core.instruments import INSTRUMENTS
from ticklake_assets.storage.models.versions import CHAMPION, ModelVersion

_LAKE_WAIT_S = 2.0
"""A large lake takes long to look through."""
_DAGSTER_WAIT_S = 3.0
"""A Dagster that hangs keeps no bridge's trouble from being told."""
_LATELY = timedelta(days=1)
_AT_ONCE = 8


class Overview:
    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._dagster = Dagster(sources.dagster.url, _DAGSTER_WAIT_S)

    def known(self) -> Known:
        """All sources at once; a lake that takes long is waited for shortly, and follows."""
        with ThreadPoolExecutor(_AT_ONCE) as beside:
            asked_days = beside.submit(ask, self._days)
            asked_versions = beside.submit(ask, self._sources.models.versions)
            asked_models = beside.submit(ask, self._sources.endpoint.models)
            asked_bridges = beside.submit(ask, self._bridges)
            asked_failures = beside.submit(ask, self._failures)
            versions, models, bridges = (
                asked_versions.result(),
                asked_models.result(),
                asked_bridges.result(),
            )
            days = asked_days.result()
            names = sorted(
                {each.symbol for each in versions.value or ()}
                | {model["symbol"] for model in models.value or ()}
                | (days.value or {}).keys()
                | {symbol for bridge in bridges.value or () for symbol in bridge.symbols}
            )
            is_served = models.value is not None
            watched = dict(zip(names, beside.map(self._watched, names), strict=True)) if is_served else {}
        symbols = [
            self._symbol(name, days.value or {}, versions.value, models.value or (), watched)
            for name in names
        ]
        failures = asked_failures.result()
        down = (
            Down("The lake", days.problem),
            Down("The registry of models", versions.problem),
            Down("The endpoint", models.problem),
            Down("Bridges", bridges.problem),
            Down("Dagster", failures.problem, grave=False),
        )
        return Known(
            datetime.now(UTC),
            tuple(symbols),
            tuple(bridges.value or ()),
            tuple(each for each in down if each.problem),
            failures.value or (),
        )

    def _days(self) -> dict[str, Days]:
        """By symbol; nothing yet of a lake that takes long, and the error of one that cannot be read."""
        found = self._sources.coverage.within(_LAKE_WAIT_S)
        if found is None and self._sources.coverage.error:
            raise self._sources.coverage.error
        return {each.symbol: days_of(each) for each in found or ()}

    def _bridges(self) -> list[Bridge]:
        """Those that run or ran, and those of which nobody knows."""
        found = []
        for each in self._sources.bridges.all():
            entries = ask(self._sources.bridges.told, each)
            orders = entries.value.entries if entries.value else None
            problem = each.fault or entries.problem
            if each.is_replay:
                found.append(replay_of(each.name, each.mode, orders or ()))
            elif (status := ask(each.status)).value:
                told = bridge_of(each.name, status.value, each.kill_reason() or "", orders)
                found.append(replace(told, problem=problem))
            elif each.has_run or each.fault:
                found.append(
                    unknown_bridge(each.name, each.mode, each.kill_reason() or "", problem or status.problem)
                )
        return found

    def _failures(self) -> tuple[FailedRun, ...]:
        """Of the last day, but for what went well later."""
        since = datetime.now(UTC) - _LATELY
        return unmended(self._dagster.ended_since(since.timestamp()))

    def _watched(self, symbol: str) -> Watched | None:
        found = ask(self._sources.endpoint.watch, symbol)
        return watched_of(found.value) if found.value else None

    def _symbol(
        self,
        name: str,
        days: Mapping[str, Days],
        versions: Sequence[ModelVersion] | None,
        models: Sequence[Mapping[str, Any]],
        watched: Mapping[str, Watched | None],
    ) -> Symbol:
        own = [each for each in versions or () if each.symbol == name]
        champion = next((each for each in own if CHAMPION in each.aliases), None)
        served = next((each for each in models if each["symbol"] == name and each["mode"] == "live"), None)
        verdict = verdict_of(self._sources.models, newest_first(own)[0]).word if own else ""
        return Symbol(
            name,
            is_synthetic=name in INSTRUMENTS and INSTRUMENTS[name].is_synthetic,
            days=days.get(name),
            versions=None if versions is None else len(own),
            verdict="" if verdict == NOT_JUDGED else verdict,
            champion=_champion(champion, served) if champion or versions is None else None,
            watched=watched.get(name),
        )


def _champion(version: ModelVersion | None, served: Mapping[str, Any] | None) -> Champion | None:
    """By the registry; where it does not answer, by the endpoint."""
    traded = champion_of(served) if served else None
    if version is None:
        return traded
    as_of = date.fromisoformat(version.as_of) if version.as_of else None
    return Champion(version.bundle, as_of, version.number, traded.expires if traded else None)
