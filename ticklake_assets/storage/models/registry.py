"""Registered models in MLflow: `ticklake-SYMBOL`, a version a bundle, and who moves the aliases of `versions`."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import cached_property, partial
from typing import Any

from ticklake_assets.storage.models.mlflow_errors import explained_mlflow_errors, require_answer
from ticklake_assets.storage.models.versions import (
    CANDIDATE,
    CHAMPION,
    PREFIX,
    PREVIOUS,
    ModelVersion,
    StageRun,
    model_name,
    named_version,
    versions_in_file,
)


class ModelRegistry:
    """The registry behind an MLflow tracking address, SQLite or a server."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    @cached_property
    def _client(self) -> Any:
        from mlflow.tracking import MlflowClient  # seconds to import

        require_answer(self._uri)
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        return MlflowClient(self._uri)

    def versions(self, symbol: str = "") -> list[ModelVersion]:
        """Every version, or those of a symbol; by symbol, oldest first."""
        found = versions_in_file(self._uri, symbol)
        return self._asked_versions(symbol) if found is None else found

    def _asked_versions(self, symbol: str) -> list[ModelVersion]:
        """The same by MLflow's client."""
        return self._search(f"name = '{model_name(symbol)}'" if symbol else f"name LIKE '{PREFIX}%'")

    def find(self, symbol: str, name: str) -> ModelVersion:
        """A version by number, alias or the first digits of its bundle's digest."""
        return named_version(self.versions(symbol), symbol, name)

    def aliased(self, symbol: str, alias: str) -> ModelVersion | None:
        return next((version for version in self.versions(symbol) if alias in version.aliases), None)

    def of_bundle(self, symbol: str, digest: str) -> ModelVersion | None:
        """The oldest version that is this bundle."""
        return next(iter(self._search(f"name = '{model_name(symbol)}'", f"tags.bundle = '{digest}'")), None)

    def register(self, symbol: str, run_id: str, source: str, tags: Mapping[str, str]) -> ModelVersion:
        """Make a version of the bundle that `tags` describe (`bundle`, `as_of`, ...); it may become the candidate.

        A bundle that is a version already stays that one. MLflow knows no unique tags: of two processes that make a
        version of one bundle at once, the second takes its own back.
        """
        made = self.of_bundle(symbol, tags["bundle"]) or self._create(symbol, run_id, source, tags)
        candidate = self.aliased(symbol, CANDIDATE)
        if CHAMPION not in made.aliases and (candidate is None or candidate.as_of <= made.as_of):
            self._point(symbol, CANDIDATE, made)
        return made

    def stages(self, version: ModelVersion) -> dict[str, StageRun]:
        """The newest run of each stage of the version's as-of day that worked on its bundle or trained it."""
        from mlflow.entities import ViewType

        asked = f"tags.symbol = '{version.symbol}' and tags.as_of = '{version.as_of}'"
        found: dict[str, StageRun] = {}
        with explained_mlflow_errors(self._uri):
            made = self._client.get_run(version.run_id)
            search = made.data.params.get("search")  # none in a version from before runs told it
            runs = self._client.search_runs(
                [made.info.experiment_id], asked, ViewType.ACTIVE_ONLY, order_by=["attributes.start_time ASC"]
            )
        for run in runs:
            data = run.data
            of_bundle = data.params.get("bundle") == version.bundle
            trained_before = data.tags["stage"] == "trained" and run.info.start_time <= made.info.start_time
            if of_bundle or (trained_before and data.params.get("search", search) == search):
                told = data.tags.get("dagster_run", "")
                found[data.tags["stage"]] = StageRun(run.info.run_id, told, data.params, data.metrics)
        return found

    def ledger_heads(self, lake: str) -> dict[str, tuple[int, str]]:
        """By run id: entries and sha256 of the lake's trial ledger, as each judged chain found it."""
        asked = "tags.stage = 'walk_forward'"
        with explained_mlflow_errors(self._uri):
            experiments = [each.experiment_id for each in self._client.search_experiments()]
            runs = [
                run
                for experiment in experiments
                for run in _pages(partial(self._client.search_runs, [experiment]), asked)
            ]
        return {
            run.info.run_id: (int(run.data.tags["ledger_entries"]), run.data.tags["ledger_sha256"])
            for run in runs
            if run.data.tags.get("ledger_lake") == lake
        }

    def tag(self, version: ModelVersion, tags: Mapping[str, str]) -> None:
        with explained_mlflow_errors(self._uri):
            for key, value in tags.items():
                self._client.set_model_version_tag(
                    model_name(version.symbol), str(version.number), key, value
                )

    def crown(self, version: ModelVersion) -> None:
        """The endpoint trades this version now: champion -> previous, and it is no candidate any more.

        `previous` moves first: whatever dies in between, `champion` names a version that the endpoint had.
        """
        champion = self.aliased(version.symbol, CHAMPION)
        if champion is not None and champion.number != version.number:
            self._point(version.symbol, PREVIOUS, champion)
        self._point(version.symbol, CHAMPION, version)
        if CANDIDATE in version.aliases:
            with explained_mlflow_errors(self._uri):
                self._client.delete_registered_model_alias(model_name(version.symbol), CANDIDATE)

    def nominate(self, version: ModelVersion) -> None:
        """The endpoint scores this version as a shadow."""
        if CHAMPION not in version.aliases:
            self._point(version.symbol, CANDIDATE, version)

    def _point(self, symbol: str, alias: str, version: ModelVersion) -> None:
        with explained_mlflow_errors(self._uri):
            self._client.set_registered_model_alias(model_name(symbol), alias, str(version.number))

    def _create(self, symbol: str, run_id: str, source: str, tags: Mapping[str, str]) -> ModelVersion:
        from mlflow.exceptions import MlflowException

        name = model_name(symbol)
        with explained_mlflow_errors(self._uri):
            try:
                self._client.create_registered_model(
                    name, description=f"Signed bundles of {symbol}, by digest."
                )
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            made = self._client.create_model_version(name, source, run_id, tags=dict(tags))
            first = self.of_bundle(symbol, tags["bundle"])
            if first is None or first.number == int(made.version):
                return _version(made, {})
            self._client.delete_model_version(name, made.version)
            return first

    def _search(self, models: str, versions: str = "") -> list[ModelVersion]:
        """What the conditions on models, and on their versions, pick: two questions, however many versions there are.

        Searches of MLflow's stores leave a version's aliases out; the registered model has them.
        """
        conditions = " and ".join(condition for condition in (models, versions) if condition)
        with explained_mlflow_errors(self._uri):
            found = list(_pages(self._client.search_model_versions, conditions))
            listed = _pages(self._client.search_registered_models, models)
            aliases = {model.name: model.aliases for model in listed}
        found.sort(key=lambda each: (each.name, int(each.version)))
        return [_version(each, aliases[each.name]) for each in found]


def _version(found: Any, aliases: Mapping[str, Any]) -> ModelVersion:
    """MLflow's version in our words; the aliases are its model's, each with a number."""
    symbol, number = found.name.removeprefix(PREFIX), int(found.version)
    own = tuple(sorted(alias for alias, of in aliases.items() if int(of) == number))
    return ModelVersion(symbol, number, found.run_id, found.source, own, dict(found.tags))


def _pages(search: Any, *arguments: str) -> Iterator[Any]:
    token = None
    while True:
        page = search(*arguments, page_token=token)
        yield from page
        token = page.token
        if not token:
            return
