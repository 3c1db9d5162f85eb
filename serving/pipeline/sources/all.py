"""All that pages ask: one object a process, each source opened when it is first asked."""

from __future__ import annotations

from functools import cached_property
from typing import cast

from fastapi import Request

from serving.pipeline.sources.bridges import Bridges
from serving.pipeline.sources.commands import Commands
from serving.pipeline.sources.dagster import Dagster
from serving.pipeline.sources.endpoint import EndpointSource
from serving.pipeline.sources.mlflow import Mlflow
from serving.pipeline.sources.models import Models
from serving.pipeline.sources.refreshed import Refreshed
from ticklake_assets.research.coverage import Coverage, coverages
from ticklake_assets.research.lake import Lake
from ticklake_assets.settings import Settings

_COVERAGE_S = 20.0
_QUESTION_S = 60.0


class Sources:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.endpoint = EndpointSource.of(settings)

    @cached_property
    def lake(self) -> Lake:
        return Lake(self.settings)

    @cached_property
    def coverage(self) -> Refreshed[list[Coverage]]:
        """Which days each symbol has, by listings alone; one look for all who ask."""
        return Refreshed(lambda: coverages(self.settings, self.lake.store, counts_rows=False), _COVERAGE_S)

    @cached_property
    def models(self) -> Models:
        return Models(self.lake, Mlflow(self.settings.mlflow))

    @cached_property
    def bridges(self) -> Bridges:
        return Bridges(self.settings)

    @cached_property
    def dagster(self) -> Dagster:
        return Dagster(self.settings.dagster_ui_url)

    @cached_property
    def commands(self) -> Commands:
        """What changes something."""
        return Commands(self.settings)

    @cached_property
    def questions(self) -> Commands:
        """What only asks, by anybody: however long that takes, it keeps no rollback from its turn."""
        return Commands(self.settings, _QUESTION_S)


def sources(request: Request) -> Sources:
    return cast(Sources, request.app.state.sources)
