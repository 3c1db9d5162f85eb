"""Versions of registered models in our words, and how one is named: MLflow's client is needed by neither.

| alias | the version that |
| --- | --- |
| `candidate` | was made for the latest as-of day and is not the champion |
| `champion` | the endpoint trades: moved after the endpoint took it, by `deploy/endpoint` or `ticklake model` |
| `previous` | was champion before |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.storage.models.registry_rows import read_versions

CANDIDATE, CHAMPION, PREVIOUS = "candidate", "champion", "previous"
PREFIX = "ticklake-"
_LEAST_PREFIX = 6
"""Digits of a digest that name a version."""


def model_name(symbol: str) -> str:
    return f"{PREFIX}{symbol}"


class ModelVersion(NamedTuple):
    """A version and what its tags say."""

    symbol: str
    number: int
    run_id: str
    """MLflow's run that made it."""
    source: str
    """Where MLflow keeps the model and its `bundle.zip`."""
    aliases: tuple[str, ...]
    tags: Mapping[str, str]

    @property
    def bundle(self) -> str:
        """The bundle's digest: the version's identity."""
        return self.tags.get("bundle", "")

    @property
    def as_of(self) -> str:
        """ISO date; empty for a version from before versions were tagged with it."""
        return self.tags.get("as_of", "")

    def __str__(self) -> str:
        return f"version {self.number} of {model_name(self.symbol)}"


class StageRun(NamedTuple):
    """MLflow's run of one stage of an as-of day."""

    run_id: str
    dagster_run: str
    """Empty where `dvc repro` ran it."""
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    """The last value of each."""


def versions_in_file(uri: str, symbol: str = "") -> list[ModelVersion] | None:
    """Every version in MLflow's SQLite file, or those of a symbol, oldest first; None where the store is none."""
    rows = read_versions(uri, model_name(symbol))
    if rows is None:
        return None
    found = [
        ModelVersion(row.name.removeprefix(PREFIX), row.number, row.run_id, row.source, row.aliases, row.tags)
        for row in rows
    ]
    return [version for version in found if symbol in ("", version.symbol)]


def named_version(versions: Sequence[ModelVersion], symbol: str, name: str) -> ModelVersion:
    """Of a symbol's versions the one of a number, an alias or the first digits of its bundle's digest."""
    found = [
        version
        for version in versions
        if name in {str(version.number), *version.aliases}
        or (len(name) >= _LEAST_PREFIX and version.bundle.startswith(name))
    ]
    if len(found) != 1:
        known = ", ".join(
            [*(str(v.number) for v in versions[-5:]), *(a for v in versions for a in v.aliases)]
        )
        raise MissingDataError(
            f"{model_name(symbol)} has no one version {name!r}. Expected a number, an alias or a bundle's digest "
            f"(such as {known or 'none yet: materialize model/validated'}), was {len(found)} versions"
        )
    return found[0]
