"""The registry of models without MLflow's library: its REST interface, or its SQLite file where that is the store.

registry = Mlflow("http://127.0.0.1:5000")
registry.versions(), registry.stage_runs(version), registry.run_url(version.run_id)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from serving.pipeline.answers import ServiceDown
from ticklake_assets.credentials import hidden
from ticklake_assets.storage.models.registry_rows import RunRow, read_runs
from ticklake_assets.storage.models.versions import (
    PREFIX,
    ModelVersion,
    StageRun,
    model_name,
    versions_in_file,
)

_PATIENCE_S = 5.0
_PAGE = 1000
_API = "/api/2.0/mlflow"
_NEXT = "`ticklake settings` says where it is (TICKLAKE_MLFLOW_URI); `make stack-up` starts the stack's own"


class Mlflow:
    """Versions, their aliases and the runs behind them, as they are now."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.is_server = uri.startswith("http")

    def versions(self, symbol: str = "") -> list[ModelVersion]:
        """Every version, or those of a symbol; by symbol, oldest first. ServiceDown where the store can't tell."""
        if symbol and not symbol.isalnum():  # no symbol, and no part of a question to MLflow
            return []
        found = self._asked_versions(symbol) if self.is_server else versions_in_file(self.uri, symbol)
        if found is None:
            raise self._down("the file is of a release that keeps versions elsewhere")
        return found

    def stage_runs(self, version: ModelVersion) -> dict[str, StageRun]:
        """By stage the newest run of the version's as-of day that worked on its bundle, or trained it."""
        tags = {"symbol": version.symbol, "as_of": version.as_of}
        runs = list(self._asked_runs(tags)) if self.is_server else read_runs(self.uri, tags)
        if runs is None:
            raise self._down("the file is of a release that keeps runs elsewhere")
        own = next((at for at, run in enumerate(runs) if run.run_id == version.run_id), len(runs))
        search = runs[own].params.get("search") if own < len(runs) else None  # older code told none
        return {
            run.tags["stage"]: StageRun(run.run_id, run.tags.get("dagster_run", ""), run.params, run.metrics)
            for at, run in enumerate(runs)
            if "stage" in run.tags
            and (
                run.params.get("bundle") == version.bundle
                or (
                    at < own and run.tags["stage"] == "trained" and run.params.get("search", search) == search
                )
            )
        }

    def run_url(self, run_id: str) -> str:
        """Where a person sees a run; empty where no server serves it."""
        return f"{self.uri.rstrip('/')}/#/runs/{run_id}" if self.is_server and run_id else ""

    def version_url(self, version: ModelVersion) -> str:
        name = model_name(version.symbol)
        return f"{self.uri.rstrip('/')}/#/models/{name}/versions/{version.number}" if self.is_server else ""

    def _asked_versions(self, symbol: str) -> list[ModelVersion]:
        """Searches of MLflow leave a version's aliases out; the registered model has them."""
        named = f"name = '{model_name(symbol)}'" if symbol else f"name LIKE '{PREFIX}%'"
        wanted = {"filter": named, "max_results": _PAGE}
        models = list(self._pages("GET", "/registered-models/search", wanted, "registered_models"))
        aliases = {
            (model["name"], int(each["version"]), each["alias"])
            for model in models
            for each in model.get("aliases", [])
        }
        found = [
            ModelVersion(
                each["name"].removeprefix(PREFIX),
                int(each["version"]),
                each.get("run_id", ""),
                each.get("source", ""),
                tuple(sorted(alias for name, of, alias in aliases if (name, of) == _place(each))),
                {tag["key"]: tag["value"] for tag in each.get("tags", [])},
            )
            for each in self._pages("GET", "/model-versions/search", wanted, "model_versions")
        ]
        return sorted(found, key=lambda version: (version.symbol, version.number))

    def _asked_runs(self, tags: dict[str, str]) -> Iterator[RunRow]:
        asked = {"max_results": _PAGE}
        experiments = [
            each["experiment_id"] for each in self._pages("GET", "/experiments/search", asked, "experiments")
        ]
        wanted = {
            "experiment_ids": experiments,
            "filter": " and ".join(f"tags.{name} = '{value}'" for name, value in tags.items()),
            "order_by": ["attributes.start_time ASC"],
            "max_results": _PAGE,
        }
        for run in self._pages("POST", "/runs/search", wanted, "runs"):
            told = {
                name: {each["key"]: each["value"] for each in run["data"].get(name, [])}
                for name in ("tags", "params", "metrics")
            }
            yield RunRow(run["info"]["run_id"], **told)

    def _pages(self, method: str, path: str, asked: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
        token: str | None = None
        while token != "":
            body = asked | ({"page_token": token} if token else {})
            answer = self._ask(method, path, body)
            yield from answer.get(name, [])
            token = answer.get("next_page_token", "")

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        given: dict[str, Any] = {"params": body} if method == "GET" else {"json": body}
        try:
            answer = httpx.request(
                method, f"{self.uri.rstrip('/')}{_API}{path}", timeout=_PATIENCE_S, **given
            )
            told = answer.json() if answer.is_success else None
        except (httpx.TransportError, httpx.InvalidURL, ValueError) as error:
            raise self._down(hidden(str(error)) or "silence") from error
        if not isinstance(told, dict):
            raise self._down(f"{answer.status_code} {answer.reason_phrase}")
        return told

    def _down(self, problem: str) -> ServiceDown:
        return ServiceDown("MLflow", hidden(self.uri), problem, _NEXT)


def _place(version: dict[str, Any]) -> tuple[str, int]:
    return version["name"], int(version["version"])
