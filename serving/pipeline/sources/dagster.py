"""Dagster by its web server's GraphQL: what is materialised, what runs, and launching more of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from serving.pipeline.answers import ServiceDown
from ticklake_assets.core.errors import DataError, MissingDataError

_TIMEOUT_S = 20.0
_EVENTS = 400
UNDER_WAY = ("QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING")

_DOCUMENT = (Path(__file__).parent / "dagster.graphql").read_text()


@dataclass(frozen=True)
class ConfigField:
    """A setting of a step's run configuration."""

    asset: str
    op: str
    name: str
    kind: str
    """`int`, `float`, `bool` or `str`; `json` for what is nested."""
    is_optional: bool
    default: Any
    about: str

    @property
    def key(self) -> str:
        return f"{self.op}.{self.name}"


class Dagster:
    """At its web server's address; each call is answered, or a ServiceDown that says the next step."""

    def __init__(self, url: str, timeout_s: float = _TIMEOUT_S) -> None:
        self.url, self._timeout_s = url.rstrip("/"), timeout_s

    def ask(self, operation: str, **variables: Any) -> dict[str, Any]:
        """The `data` of an operation of dagster.graphql; DataError where GraphQL itself refuses."""
        asked = {"query": _DOCUMENT, "operationName": operation, "variables": variables}
        try:
            answer = httpx.post(f"{self.url}/graphql", json=asked, timeout=self._timeout_s)
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            said = str(error) or type(error).__name__
            raise ServiceDown("Dagster", self.url, said, "Start it with `ticklake dev`") from error
        if not told.get("data"):
            said = (told.get("errors") or [{}])[0].get("message", "no data")
            raise DataError(f"Dagster at {self.url} refuses {operation}: {said}")
        found: dict[str, Any] = told["data"]
        return found

    def latest(self, assets: Sequence[str], partition: str) -> dict[str, dict[str, Any]]:
        """By asset: `at`, the newest materialisation of the partition (None before the first), `stale`, `causes`."""
        nodes = self.ask("Latest", keys=_keys(assets), partition=partition)["assetNodes"]
        found = {}
        for node in nodes:
            [made] = node["latestMaterializationByPartition"] or [None]
            found[_name(node["assetKey"])] = {
                "at": made,
                "stale": node["staleStatus"],
                "causes": [each["reason"] for each in node["staleCauses"] or ()],
            }
        return found

    def config_fields(self, assets: Sequence[str]) -> list[ConfigField]:
        """What the run configuration of these steps may say, by its own schema."""
        found = [
            _field(_name(node["assetKey"]), node["opNames"][0], each)
            for node in self.ask("ConfigFields", keys=_keys(assets))["assetNodes"]
            for each in ((node["configField"] or {}).get("configType") or {}).get("fields", ())
        ]
        return sorted(found, key=lambda each: (assets.index(each.asset), each.name))

    def runs(self, tags: Mapping[str, str] | None = None, limit: int = 25) -> list[dict[str, Any]]:
        """The newest first; `partition` and `assets` of each are lifted out of its tags."""
        wanted = {"tags": [{"key": key, "value": value} for key, value in tags.items()]} if tags else {}
        return self._runs(wanted, limit)

    def ended_since(self, moment_s: float, limit: int = 1000) -> list[dict[str, Any]]:
        """Runs that failed or went well since a moment, epoch seconds, the newest first."""
        return self._runs({"statuses": ["FAILURE", "SUCCESS"], "updatedAfter": moment_s}, limit)

    def _runs(self, wanted: Mapping[str, Any], limit: int) -> list[dict[str, Any]]:
        told = self.ask("Runs", filter=wanted, limit=limit)["runsOrError"]
        _expect(told, "Runs")
        return [_run(each) for each in told["results"]]

    def runs_of(self, partition: str, limit: int = 25) -> list[dict[str, Any]]:
        """Runs of one partition, the newest first: a backfill's name it as a range of one."""
        tags = ("dagster/partition", "dagster/asset_partition_range_start")
        found = {run["runId"]: run for tag in tags for run in self.runs({tag: partition}, limit)}
        return sorted(found.values(), key=lambda run: -float(run["creationTime"] or 0))[:limit]

    def run(self, run_id: str) -> dict[str, Any]:
        """A run with its steps, its newest events, and its error."""
        told = self.ask("Run", id=run_id, events=_EVENTS)["runOrError"]
        if told["__typename"] == "RunNotFoundError":
            raise MissingDataError(f"Expected a run that Dagster knows, was {run_id!r}")
        _expect(told, "Run")
        return _run(told)

    def launch(
        self,
        assets: Sequence[str],
        partitions: Sequence[str],
        title: str,
        config: Mapping[str, Any] | None = None,
    ) -> str:
        """Ask Dagster's daemon for these steps of these partitions; the id of the backfill."""
        params = {
            "assetSelection": _keys(assets),
            "partitionNames": list(partitions),
            "title": title,
            "tags": [{"key": "ticklake/launched_by", "value": "pages"}],
            "runConfigData": json.dumps(config or {}),
        }
        told = self.ask("Launch", params=params)["launchPartitionBackfill"]
        _expect(told, "LaunchBackfillSuccess")
        return str(told["backfillId"])

    def backfills(self, limit: int = 15) -> list[dict[str, Any]]:
        told = self.ask("Backfills", limit=limit)["partitionBackfillsOrError"]
        _expect(told, "PartitionBackfills")
        found: list[dict[str, Any]] = told["results"]
        return found

    def terminate(self, run_id: str) -> None:
        _expect(self.ask("Terminate", id=run_id)["terminateRun"], "TerminateRunSuccess")

    def cancel(self, backfill_id: str) -> None:
        _expect(self.ask("Cancel", id=backfill_id)["cancelPartitionBackfill"], "CancelBackfillSuccess")

    def automation(self) -> dict[str, Any]:
        """Sensors, schedules, daemons and the version."""
        told = self.ask("Automation")
        repositories = [
            repository
            for entry in told["workspaceOrError"].get("locationEntries", ())
            for repository in (entry["locationOrLoadError"] or {}).get("repositories", ())
        ]
        return {
            "sensors": [each for repository in repositories for each in repository["sensors"]],
            "schedules": [each for repository in repositories for each in repository["schedules"]],
            "daemons": told["instance"]["daemonHealth"]["allDaemonStatuses"],
            "version": told["version"],
        }


def _run(told: dict[str, Any]) -> dict[str, Any]:
    tags = {each["key"]: each["value"] for each in told["tags"]}
    partition = tags.get("dagster/partition") or tags.get("dagster/asset_partition_range_start", "")
    assets = ["/".join(each["path"]) for each in told["assetSelection"] or ()]
    return told | {"tags": tags, "partition": partition, "assets": assets}


def _field(asset: str, op: str, told: Mapping[str, Any]) -> ConfigField:
    key = str(told["configType"]["key"])
    inner = key.removeprefix("Noneable.")
    kinds = {"Int": "int", "Float": "float", "Bool": "bool", "Stri": "str"}
    default = json.loads(told["defaultValueAsJson"]) if told["defaultValueAsJson"] else None
    return ConfigField(
        asset,
        op,
        told["name"],
        kinds.get(inner[:4], kinds.get(inner[:5], kinds.get(inner[:3], "json"))),
        key.startswith("Noneable.") or not told["isRequired"],
        default,
        told["description"] or "",
    )


def _expect(told: Mapping[str, Any], kind: str) -> None:
    """DataError with Dagster's own words where the answer is another."""
    if told["__typename"] != kind:
        errors = told.get("errors") or ()
        said = (
            told.get("message")
            or "; ".join(str(each.get("message")) for each in errors)
            or told["__typename"]
        )
        raise DataError(f"Dagster refused: {said}")


def _keys(assets: Sequence[str]) -> list[dict[str, list[str]]]:
    return [{"path": each.split("/")} for each in assets]


def _name(key: Mapping[str, Any]) -> str:
    return "/".join(key["path"])
